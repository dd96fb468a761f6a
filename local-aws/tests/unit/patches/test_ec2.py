"""Address ranges and endpoint policies, without MiniStack."""

import json

import pytest

from local_aws.patches.ec2 import policies, ranges


class TestRanges:
    def test_a_subnet_s_first_addresses_and_its_last_are_aws_s(self) -> None:
        subnet = {"SubnetId": "subnet-1", "CidrBlock": "10.0.0.0/28"}
        used: list[str] = []
        for _ in range(11):
            used.append(ranges.free_address(subnet, used))
        assert (used[0], used[-1]) == ("10.0.0.4", "10.0.0.14")
        with pytest.raises(ranges.Ec2Error) as full:
            ranges.free_address(subnet, used)
        assert full.value.code == "InsufficientFreeAddressesInSubnet"

    @pytest.mark.parametrize("block", ["10.0.0.0", "10.0.0.0/33", "ten/16", ""])
    def test_what_is_no_block_is_refused(self, block: str) -> None:
        with pytest.raises(ranges.Ec2Error):
            ranges.of_vpc(block)

    def test_touching_blocks_do_not_overlap(self) -> None:
        assert ranges.of_subnet("10.0.1.0/24", vpc="10.0.0.0/16", others=["10.0.0.0/24"]) == "10.0.1.0/24"


class TestPolicies:
    def test_a_template_s_object_becomes_text_and_none_stays_none(self) -> None:
        policy = {"Statement": {"Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "*"}}
        assert json.loads(policies.checked(policy) or "") == policy
        assert policies.checked(None) is None

    def test_actions_and_their_opposite_exclude_each_other(self) -> None:
        both = {"Effect": "Deny", "Principal": "*", "Action": "*", "NotAction": "*", "Resource": "*"}
        with pytest.raises(policies.Ec2Error, match="either Action or NotAction"):
            policies.checked({"Version": "2012-10-17", "Statement": [both]})
