"""rubric batch: what is read, what is started, what is held against what, and how it ends."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from pathlib import Path

import boto3
import pytest

from contracts import log_groups
from ops.batch import locations, results, transform, validate
from ops.batch.job_log import BatchLog, answered
from ops.batch.locations import File, Place
from ops.batch.validate import Counted
from ops.batch.verify import check
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from tests.unit.ops.conftest import BUCKET, NOW, run

IN = "s3://artifacts/batch/in/"
ROLE = "arn:aws:iam::123456789012:role/model"


def put(key: str, *lines: str, bucket: str = BUCKET) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body="".join(f"{line}\n" for line in lines).encode())


def get(key: str, bucket: str = BUCKET) -> str:
    return str(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def answer(label: str) -> str:
    return json.dumps({"predicted_label": label, "probabilities": [[1.0]], "labels": [label], "model_version": "m"})


REFUSED = json.dumps({"error": {"code": "missing_inputs", "message": "expected an object"}})


# places


def test_what_is_at_a_place(cloud: Cloud, tmp_path: Path) -> None:
    for key in ("batch/in/a.jsonl", "batch/in/deep/b.jsonl", "batch/in.jsonl", "batch/in.jsonl.old"):
        put(key, "x")
    boto3.client("s3").put_object(Bucket=BUCKET, Key="batch/in/")
    s3 = cloud.client("s3")
    for uri in (IN, IN.rstrip("/")):
        found = locations.find(s3, uri)
        assert ([file.name for file in found.files], found.at) == (
            ["a.jsonl", "deep/b.jsonl"], Place(BUCKET, "batch/in/")
        )  # fmt: skip
    one = locations.find(s3, "s3://artifacts/batch/in.jsonl")
    assert ([file.name for file in one.files], one.is_alone) == (["in.jsonl"], False)
    here = tmp_path / "texts.csv"
    here.write_text("a\n")
    assert locations.find(s3, str(here)).at == here
    for source, said in (
        ("s3://artifacts/none/", "nothing at"), ("s3:///x", "names no bucket"), ("none.csv", "no file"),
    ):  # fmt: skip
        with pytest.raises(OpsError, match=said):
            locations.find(s3, source)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="batch/in/c.jsonl", Body=b"")
    with pytest.raises(OpsError, match=r"c\.jsonl is empty"):
        locations.find(s3, IN)


def test_the_content_type_is_told_by_names_or_by_the_option() -> None:
    csv, lines, other = (File(name, 1, Path(name)) for name in ("a.csv", "b.JSONL", "c.txt"))
    assert locations.content_type([csv], None) == "text/csv"
    assert locations.content_type([lines], None) == "application/jsonlines"
    assert locations.content_type([other], "csv") == "text/csv"
    for files, asked, said in (
        ([csv, lines], None, "different kinds"),
        ([other], None, "neither"),
        ([csv], "xml", "xml"),
    ):
        with pytest.raises(OpsError, match=said):
            locations.content_type(files, asked)


@pytest.mark.parametrize("source", [b"a\nb\n\nlast", b"one\n", "caf\u00e9 \u2028 x\r\n\n".encode()])
def test_lines_in_s3_are_those_of_a_file_here(cloud: Cloud, tmp_path: Path, source: bytes) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="a.jsonl", Body=source)
    here = tmp_path / "a.jsonl"
    here.write_bytes(source)
    found = []
    for at in (here, Place(BUCKET, "a.jsonl")):
        with File("a.jsonl", len(source), at).open(cloud.client("s3")) as lines:
            found.append(list(lines))
    assert found[0] == found[1] == source.splitlines(keepends=True) or b"\xe2\x80\xa8" in source


# reading


def read(path: Path, content: bytes, content_type: str = "text/csv") -> Counted:
    path.write_bytes(content)
    [counted] = validate.read([File(path.name, len(content), path)], content_type=content_type, s3=None)
    return counted


def test_lines_are_counted_and_harmless_ones_left_to_the_model(tmp_path: Path) -> None:
    counted = read(tmp_path / "a.csv", b'plain, with a comma\r\n"quoted, ""twice"""\n\nsay "hi"\nlast')
    assert (counted.lines, counted.blank) == (5, 1)
    assert read(tmp_path / "a.jsonl", b'{"inputs"\n"\n', "application/jsonlines").lines == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'"begins and goes on\n', "a quote that does not end"),
        (b'x,"begins\n', "a quote that does not end"),
        (b"two\rlines\n", "a carriage return"),
        (b"\xff\n", "is not UTF-8"),
        (b"x" * 1_100_000 + b"\n", "is longer than 1 MiB"),
        (b"x" * 200_000 + b"\n", "a field of more than"),
    ],
)
def test_a_line_that_would_spoil_its_neighbours_is_refused(tmp_path: Path, line: bytes, said: str) -> None:
    with pytest.raises(OpsError, match=rf"a\.csv line 2 .*{said}"):
        read(tmp_path / "a.csv", b"good\n" + line + b"good\n")


# starting


@pytest.fixture
def serving(cloud: Cloud) -> Cloud:
    """The cloud with an endpoint that serves `model-1` on ml.m5.xlarge."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model(ModelName="model-1", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"})
    variant = {"VariantName": "champion", "ModelName": "model-1", "InstanceType": "ml.m5.xlarge",
               "InitialInstanceCount": 1, "InitialVariantWeight": 1}  # fmt: skip
    sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="rubric-dev", EndpointConfigName="config")
    return cloud


def test_the_model_is_the_endpoints(serving: Cloud) -> None:
    assert transform.deployed(serving) == transform.Deployed(model="model-1", instance_type="ml.m5.xlarge")


def test_without_an_endpoint_there_is_nothing_to_run(cloud: Cloud) -> None:
    with pytest.raises(OpsError, match="deploy the Serving stack"):
        transform.deployed(cloud)


def test_instances_are_those_of_the_endpoint_where_jobs_run_on_them(cloud: Cloud) -> None:
    sagemaker = cloud.client("sagemaker")
    for own, asked, taken in (
        ("ml.c7i.large", None, "ml.c7i.large"),
        ("ml.c7i.large", "ml.m5.large", "ml.m5.large"),
        ("ml.c8i.large", None, transform.FALLBACK_INSTANCE),
        ("", None, transform.FALLBACK_INSTANCE),
    ):
        assert transform.instance_type(sagemaker, transform.Deployed("m", own), asked) == taken
    with pytest.raises(OpsError, match="transform jobs do not run on it"):
        transform.instance_type(sagemaker, transform.Deployed("m", ""), "ml.c8i.large")


def test_only_what_the_models_role_cannot_reach_goes_through_staging(cloud: Cloud, tmp_path: Path) -> None:
    put("batch/in/a.jsonl", "x")
    boto3.client("s3").create_bucket(Bucket="elsewhere")
    put("in/a.jsonl", "x", bucket="elsewhere")
    s3 = cloud.client("s3")
    ours, others = locations.find(s3, IN), locations.find(s3, "s3://elsewhere/in/")
    direct = transform.route(cloud, "job", source=ours, output=Place(BUCKET, "batch/out/"))
    assert (direct.source.key, direct.is_source_staged) == ("batch/in/", False)
    assert (direct.output.key, direct.is_output_staged) == ("batch/out/", False)
    staged = transform.route(cloud, "job", source=others, output=tmp_path)
    assert (staged.source.uri, staged.is_source_staged) == ("s3://artifacts/batch/staging/job/in/", True)
    assert (staged.output.uri, staged.is_output_staged) == ("s3://artifacts/batch/staging/job/out/", True)
    transform.stage(s3, others.files[0], staged.source)
    assert get("batch/staging/job/in/a.jsonl") == "x\n"
    put("batch/in/a.jsonl.old", "x")
    several = transform.route(cloud, "job", source=locations.find(s3, f"{IN}a.jsonl"), output=tmp_path)
    assert several.is_source_staged, "a job would read a.jsonl.old as well"


def test_the_job_takes_many_lines_a_request_and_the_buckets_key(serving: Cloud) -> None:
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"}
    boto3.client("s3").put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
    )
    put("batch/in/a.jsonl", "x")
    found = locations.find(serving.client("s3"), IN)
    where = transform.route(serving, "job", source=found, output=Place(BUCKET, "batch/out/"))
    transform.start(
        serving, "rubric-dev-batch-1", model="model-1", where=where, content_type="text/csv",
        instance_type="ml.m5.xlarge", instance_count=2,
    )  # fmt: skip
    job = serving.client("sagemaker").describe_transform_job(TransformJobName="rubric-dev-batch-1")
    assert (job["ModelName"], job["BatchStrategy"], job["MaxPayloadInMB"]) == ("model-1", "MultiRecord", 1)
    assert job["MaxConcurrentTransforms"] * job["MaxPayloadInMB"] <= 100
    assert job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == IN
    assert (job["TransformInput"]["SplitType"], job["TransformInput"]["ContentType"]) == ("Line", "text/csv")
    assert job["TransformOutput"] | {"Accept": ""} == {
        "S3OutputPath": "s3://artifacts/batch/out", "AssembleWith": "Line", "Accept": "",
        "KmsKeyId": rule["KMSMasterKeyID"],
    }  # fmt: skip
    assert job["TransformResources"]["InstanceCount"] == 2
    assert job["TransformResources"]["VolumeKmsKeyId"] == rule["KMSMasterKeyID"]


def test_a_new_job_belongs_to_the_environment_and_fits() -> None:
    name = transform.new_name("a" * 16 + "-" + "b" * 16)
    assert name.startswith("a" * 16 + "-" + "b" * 16 + "-batch-") and len(name) <= 63


# the log


def test_answered_lines_are_told_by_either_container() -> None:
    lean = json.dumps({"method": "POST", "path": "/invocations", "status": 200, "ms": 5.0, "texts": 7})
    assert answered(lean, lines_a_request=100.0) == 7
    assert answered(lean.replace("200", "503"), lines_a_request=100.0) == 0
    access = 'x [INFO ] ACCESS_LOG - /127.0.0.1:1 "POST /invocations HTTP/1.1" {} 12'
    assert answered(access.format(200), lines_a_request=100.0) == 100
    assert answered(access.format(400), lines_a_request=100.0) == 0
    assert answered('{"path": "/ping", "status": 200} /invocations', lines_a_request=100.0) == 0
    for odd in ('"texts": "many"', '"texts": null', '"texts": []', '"status": null', '"x": ' + "[" * 100_000):
        assert answered(f'{{"path": "/invocations", "status": 200, {odd}}}', lines_a_request=100.0) == 0


def test_the_log_of_every_instance_is_read_on_and_failures_are_told_by_file(cloud: Cloud) -> None:
    logs = cloud.client("logs")
    reader = BatchLog(logs, job="job")
    assert list(reader.news()) == []
    logs.create_log_group(logGroupName=log_groups.TRANSFORM_JOBS)
    for stream in ("job/i-1-1", "job/i-2-1", "job/i-1-1/data-log"):
        logs.create_log_stream(logGroupName=log_groups.TRANSFORM_JOBS, logStreamName=stream)

    def say(stream: str, *lines: str) -> None:
        events = [{"timestamp": int(time.time() * 1000) + at, "message": line} for at, line in enumerate(lines)]
        logs.put_log_events(logGroupName=log_groups.TRANSFORM_JOBS, logStreamName=stream, logEvents=events)

    say("job/i-1-1", "a")
    say("job/i-2-1", "b")
    assert sorted(reader.news()) == ["a", "b"]
    assert list(reader.news()) == []
    mark = "2026-11-21T10:00:00.000:[sagemaker logs]: "
    said = ("MaxConcurrentTransforms=4", "b/in/a.csv: ClientError: 400", "b/in/a.csv: ", "b/in/a.csv: Message:",
            'b/in/a.csv: {"error": 1}')  # fmt: skip
    say("job/i-1-1/data-log", *(mark + line for line in said))
    assert list(reader.news()) == []
    assert reader.failures() == {"b/in/a.csv": 'ClientError: 400 Message: {"error": 1}'}


# the check


class Checked:
    """A check of one file here, whose texts and answers are lists of lines."""

    def __init__(self, folder: Path, texts: list[str], answers: list[str] | None, reason: str = "") -> None:
        source, target = folder / "a.csv", folder / "a.csv.out"
        source.write_text("".join(f"{text}\n" for text in texts))
        found = {}
        if answers is not None:
            target.write_text("".join(f"{line}\n" for line in answers))
            found["a.csv"] = File("a.csv.out", 1, target)
        counted = Counted(File("a.csv", 1, source), len(texts), sum(not text.strip() for text in texts))
        failed = io.StringIO()
        self.report = check(
            [counted], found, s3=None, reasons={"a.csv": reason}, failed=failed, show=lambda progress: None
        )
        self.failed = [json.loads(line) for line in failed.getvalue().splitlines()]


def test_every_line_has_an_answer(tmp_path: Path) -> None:
    several = json.dumps({"predictions": [json.loads(answer("A")), json.loads(answer("B"))]})
    # Putting the answers of requests together may leave a blank line between them.
    done = Checked(tmp_path, ["one", "two", "three"], [answer("A"), "", several, answer("A")])
    assert done.report.is_whole and done.report.answered == 3
    assert done.report.labels == Counter(A=3, B=1) and done.failed == []


def test_refused_lines_are_put_aside_with_their_reasons(tmp_path: Path) -> None:
    done = Checked(tmp_path, ["one", "two", "three", "four"], [answer("A"), REFUSED, "<html>", "[" * 100_000])
    assert (done.report.answered, done.report.failed, done.report.missing) == (1, 3, 0)
    assert not done.report.is_whole
    assert done.failed[0] == {
        "file": "a.csv", "line": 2, "input": "two",
        "error": {"code": "missing_inputs", "message": "expected an object"},
    }  # fmt: skip
    assert (done.failed[1]["line"], done.failed[1]["error"]["code"]) == (3, "unreadable_answer")


@pytest.mark.parametrize(("answers", "missing", "told"), [(1, 2, "3 lines but 1 answers"), (4, 0, "3 lines but 4")])
def test_too_few_and_too_many_answers_are_seen(tmp_path: Path, answers: int, missing: int, told: str) -> None:
    done = Checked(tmp_path, ["one", "two", "three"], [answer("A")] * answers)
    assert (done.report.missing, done.report.is_whole) == (missing, False)
    assert told in done.report.problems[0]


def test_a_service_that_leaves_blank_lines_out_moves_nothing(tmp_path: Path) -> None:
    done = Checked(tmp_path, ["one", "", "three"], [answer("A"), answer("C")])
    assert (done.report.answered, done.report.failed, done.report.missing) == (2, 1, 0)
    assert (done.failed[0]["line"], done.failed[0]["error"]["code"]) == (2, "empty_line")
    kept = Checked(tmp_path, ["one", "", "three"], [answer("A"), REFUSED, answer("C")])
    assert kept.failed[0]["line"] == 2 and kept.report.labels == Counter(A=1, C=1)


def test_a_file_without_answers_has_its_reason(tmp_path: Path) -> None:
    done = Checked(tmp_path, ["one", "two"], None, reason="ClientError: 400")
    assert (done.report.missing, done.report.problems) == (2, ["a.csv has no answers: ClientError: 400"])
    assert done.failed == [
        {"file": "a.csv", "line": None, "input": None, "error": {"code": "file_failed", "message": "ClientError: 400"}}
    ]


# where answers go


def test_answers_do_not_mix_with_texts(cloud: Cloud, tmp_path: Path) -> None:
    put("batch/in/a.jsonl", "x")
    put("batch/in/b.jsonl", "x")
    s3 = cloud.client("s3")
    folder, one = locations.find(s3, IN), locations.find(s3, f"{IN}a.jsonl")
    here = tmp_path / "texts.csv"
    here.write_text("a\n")
    assert results.destination("s3://b/out", folder).failed == Place("b", "out/failed.jsonl")
    assert results.destination(str(tmp_path), folder).of("deep/a.csv") == tmp_path / "deep/a.csv.out"
    to_file = results.destination(str(tmp_path / "out.jsonl"), one)
    assert (to_file.of("a.jsonl"), to_file.failed) == (tmp_path / "out.jsonl", tmp_path / "out.failed.jsonl")
    for text, source, said in (
        (f"{IN}out/", folder, "lies in"),
        (str(tmp_path / "out.jsonl"), folder, "give a folder"),
        (str(here), locations.find(s3, str(here)), "holds the texts"),
    ):
        with pytest.raises(OpsError, match=said):
            results.destination(text, source)


# the command


class FakeService:
    """Runs a job at once when it is created: answers each line of each object, as `reply` says (None: no file)."""

    def __init__(self, real: object, reply: dict[str, str | None], status: str = "Completed") -> None:
        self._real, self._reply, self._status = real, reply, status
        self.jobs: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def create_transform_job(self, **request: object) -> None:
        source = locations.parse(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])  # type: ignore[index]
        output = locations.folder(request["TransformOutput"]["S3OutputPath"])  # type: ignore[index]
        self.jobs.append(str(request["TransformJobName"]))
        for place, _ in list(locations.objects(boto3.client("s3"), source)):
            lines = get(place.key).splitlines()
            answers = [self._reply.get(line, answer("A")) for line in lines]
            if None not in answers:
                put(output.below(f"{place.key.removeprefix(source.parent.key)}.out").key, *map(str, answers))

    def describe_transform_job(self, *, TransformJobName: str) -> dict[str, object]:
        assert TransformJobName in self.jobs
        reason = {"FailureReason": "ClientError: See job logs"} if self._status == "Failed" else {}
        return {"TransformJobStatus": self._status, "TransformStartTime": NOW, "TransformEndTime": NOW, **reason}


def service(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, *, status: str = "Completed", **reply: str | None
) -> FakeService:
    fake = FakeService(cloud.client("sagemaker"), reply, status)
    client = Cloud.client
    monkeypatch.setattr(Cloud, "client", lambda self, name: fake if name == "sagemaker" else client(self, name))
    return fake


def test_a_file_here_is_answered_by_way_of_s3(serving, monkeypatch, tmp_path, capsys) -> None:
    fake = service(serving, monkeypatch)
    texts, answers = tmp_path / "texts.csv", tmp_path / "answers.jsonl"
    texts.write_text("one\ntwo\n")
    assert run("batch", str(texts), str(answers), "--json") == 0
    said = capsys.readouterr()
    assert [json.loads(line)["predicted_label"] for line in answers.read_text().splitlines()] == ["A", "A"]
    assert (tmp_path / "answers.failed.jsonl").read_text() == ""
    found = json.loads(said.out)
    assert (found["job"], found["lines"], found["labels"], found["status"]) == (fake.jobs[0], 2, {"A": 2}, "Completed")
    assert "All 2 lines are answered" in said.err
    assert get(f"batch/staging/{fake.jobs[0]}/in/texts.csv") == "one\ntwo\n"


def test_refused_lines_fail_the_command_and_the_answers_stay(serving, monkeypatch, capsys) -> None:
    service(serving, monkeypatch, bad=REFUSED)
    boto3.client("s3").create_bucket(Bucket="elsewhere")
    put("in/a.csv", "one", "bad", bucket="elsewhere")
    assert run("batch", "s3://elsewhere/in/", "s3://elsewhere/out/") == 1
    assert "1 of 2 lines are answered, 1 were refused and 0 have no answer" in capsys.readouterr().err
    assert json.loads(get("out/failed.jsonl", "elsewhere"))["input"] == "bad"
    assert len(get("out/a.csv.out", "elsewhere").splitlines()) == 2


def test_a_job_that_fails_tells_why_and_keeps_the_other_files(serving, monkeypatch, capsys) -> None:
    service(serving, monkeypatch, status="Failed", broken=None)
    put("batch/in/a.csv", "one")
    put("batch/in/b.csv", "broken")
    assert run("batch", IN, "s3://artifacts/batch/out/") == 1
    said = capsys.readouterr().err
    assert "1 of 2 lines are answered" in said and "b.csv has no answers: ClientError: See job logs" in said
    assert get("batch/out/a.csv.out") == answer("A") + "\n"


def test_a_job_that_runs_is_watched_and_checked_later(serving, monkeypatch, capsys) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", "one")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ops.batch.follow.follow", interrupted)
        assert run("batch", IN, "s3://artifacts/batch/out/") == 1
    [job] = fake.jobs
    assert f"batch {IN} s3://artifacts/batch/out/ --job {job}" in capsys.readouterr().err
    assert run("batch", IN, "s3://artifacts/batch/out/", "--job", job) == 0
    assert fake.jobs == [job]


def test_more_instances_than_files_are_refused(serving, monkeypatch, capsys) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", "one")
    assert run("batch", IN, "s3://artifacts/batch/out/", "--instance-count", "2") == 2
    assert fake.jobs == [] and "an instance takes whole files" in capsys.readouterr().err
