"""Tests prepare_training/."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest

from contracts.datasets import manifest
from contracts.deployment import mirror
from lambda_src.pipeline.prepare_training import handler as prepare
from lambda_src.pipeline.prepare_training import logic
from lambda_src.pipeline.prepare_training.dal import DatasetUnavailable
from lambda_src.pipeline.prepare_training.mirror import MirrorIncomplete

PARAMETER = "/rubric/dev/approved-model"
EVENT = {"execution_name": "run-1", "start_time": "2026-11-20T21:35:01.123Z", "input": {}}


@pytest.fixture
def world(account, configure):
    s3 = boto3.client("s3")
    for bucket in ("datasets", "assets", "users"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="assets", Key="0a1b2c.csv", Body=b"text,label\na,b\n")

    def apply(**variables):
        base = {
            "PROJECT": "rubric",
            "ENVIRONMENT": "dev",
            "DATASET_SOURCE": "file",
            "DATASET_ASSET_BUCKET": "assets",
            "DATASET_ASSET_KEY": "0a1b2c.csv",
            "DATASET_FILE_NAME": "headlines.csv",
            "DATASET_URI": "",
            "UCI_URL": "",
            "DATASET_BUCKET": "datasets",
            "ARTIFACT_BUCKET": "artifacts",
            "APPROVED_MODEL_PARAMETER": PARAMETER,
            "BASE_MODEL": "compact",
            "BASE_MODEL_URI": "",
            "SERVING_DEPS_URI": "",
            "LEDGER_TABLE": "ledger",
            "ERASURE_KEY_ARN": "arn",
            "UNTRUSTED_SHARE": "0.1",
            "HYPERPARAMETERS": '{"epochs": "3", "sagemaker_program": "model_code/training/train.py"}',
        }
        configure(prepare, **{**base, **variables})
        return s3

    return apply


def keys(s3, bucket="datasets"):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_everything_the_training_job_gets(world, context):
    s3 = world()
    answer = prepare.handler(EVENT, context)
    assert answer == {
        "job_name": "rubric-dev-20261120-213501-" + answer["job_name"][-4:],
        "dataset_uri": "s3://datasets/datasets/0a1b2c/headlines.csv",
        "output_path": "s3://artifacts/training",
        "checkpoint_uri": f"s3://artifacts/checkpoints/{answer['job_name']}",
        "hyperparameters": {
            "epochs": "3",
            "sagemaker_program": "model_code/training/train.py",
            "base_model": "compact",
        },
        "input_data_config": [
            {
                "ChannelName": "dataset",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": "s3://datasets/datasets/0a1b2c/headlines.csv",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
                "InputMode": "File",
            }
        ],
        "champion_uri": "",
        "decision": "",
        "fold": None,
    }
    stored = s3.get_object(Bucket="datasets", Key="datasets/0a1b2c/headlines.csv")["Body"].read()
    assert stored == b"text,label\na,b\n"


def a_version(s3, name="v3", *, rows=True, layout=1):
    """A version in the bucket; its manifest's address and digest."""
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
    document |= {"layout": layout, "version": name, "file": {"key": manifest.file_key("ab"), "sha256": "ab"}}
    content = manifest.to_json(document)
    s3.put_object(Bucket="datasets", Key=manifest.key_of(name), Body=content)
    if rows:
        s3.put_object(Bucket="datasets", Key=manifest.file_key("ab"), Body=b"rows")
    return f"s3://datasets/{manifest.key_of(name)}", manifest.digest(content)


def test_a_dataset_version_is_read_by_its_own_names_with_its_manifest(world, context):
    columns = '{"epochs": "3", "text_column": "headline", "encoding": "cp1252", "labels_sha256": "00"}'
    s3 = world(HYPERPARAMETERS=columns, LABELS_URI="s3://assets/labels.json")
    uri, digest = a_version(s3)
    answer = prepare.handler({**EVENT, "input": {"dataset_uri": uri}}, context)
    assert answer["dataset_uri"] == "s3://datasets/datasets/rows/ab/rows.csv"
    channels = {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in answer["input_data_config"]}
    assert channels == {"dataset": answer["dataset_uri"], "manifest": uri}
    assert answer["hyperparameters"] == {
        "epochs": "3",
        "dataset_version": "v3",
        "manifest_sha256": digest,
        "base_model": "compact",
    }


@pytest.mark.parametrize(
    ("options", "part"), [({"rows": False}, "are gone"), ({"layout": 7}, "has the layout 7"), (None, "does not exist")]
)
def test_a_version_that_cannot_be_trained_on_is_refused_in_a_sentence(world, context, options, part):
    s3 = world()
    uri = "s3://datasets/datasets/versions/v9/manifest.json" if options is None else a_version(s3, **options)[0]
    with pytest.raises(DatasetUnavailable, match=part) as refused:
        prepare.handler({**EVENT, "input": {"dataset_uri": uri}}, context)
    assert len(str(refused.value).splitlines()) == 1


def test_hyperparameters_of_one_run_go_before_the_environments(world, context):
    world()
    event = {**EVENT, "input": {"hyperparameters": {"epochs": 12, "seed": "7"}}}
    hyperparameters = prepare.handler(event, context)["hyperparameters"]
    used = [hyperparameters[name] for name in ("epochs", "seed", "sagemaker_program")]
    assert used == ["12", "7", "model_code/training/train.py"]


def test_a_users_words_reach_the_job_encoded(world, context):
    world(HYPERPARAMETERS='{"text_column": "Class Index", "label_column": "R&D", "sagemaker_program": "train.py"}')
    event = {**EVENT, "input": {"hyperparameters": {"label_column": "null", "seed": 7}}}
    hyperparameters = prepare.handler(event, context)["hyperparameters"]
    assert hyperparameters == {
        "text_column": "%43lass%20Index",
        "label_column": "%6Eull",
        "seed": "7",
        "sagemaker_program": "train.py",
        "base_model": "compact",
    }


@pytest.mark.parametrize(
    "hyperparameters",
    [
        {"sagemaker_program": "x.py"},
        {"base_model": "x"},
        {"labels_sha256": "0" * 64},
        {"text_column": "類" * 400},
        {"epochs": [1]},
        "epochs=3",
    ],
)
def test_what_one_run_cannot_set_is_refused(world, context, hyperparameters):
    s3 = world()
    with pytest.raises(logic.InputRefused):
        prepare.handler({**EVENT, "input": {"hyperparameters": hyperparameters}}, context)
    assert keys(s3) == []


def test_a_retry_names_the_same_job_and_another_execution_another(world, context):
    world()
    first = prepare.handler(EVENT, context)["job_name"]
    assert prepare.handler(EVENT, context)["job_name"] == first
    assert prepare.handler({**EVENT, "execution_name": "run-2"}, context)["job_name"] != first


def test_the_other_channels(world, context):
    world(
        BASE_MODEL="",
        BASE_MODEL_URI="s3://assets/base.zip",
        SERVING_DEPS_URI="s3://assets/vendor.tar.gz",
        LABELS_URI="s3://assets/0abc.json",
    )
    champion = "s3://artifacts/models/job-0/output/model.tar.gz"
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value=champion, Type="String")
    answer = prepare.handler(EVENT, context)
    channels = {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in answer["input_data_config"]}
    assert channels == {
        "dataset": "s3://datasets/datasets/0a1b2c/headlines.csv",
        "champion": champion,
        "base_model": "s3://assets/base.zip",
        "serving_deps": "s3://assets/vendor.tar.gz",
        "labels": "s3://assets/0abc.json",
    }
    assert answer["champion_uri"] == champion
    assert "base_model" not in answer["hyperparameters"]


def test_the_asset_is_copied_once(world, context):
    s3 = world()
    prepare.handler(EVENT, context)
    s3.delete_object(Bucket="assets", Key="0a1b2c.csv")
    prepare.handler(EVENT, context)
    assert keys(s3) == ["datasets/0a1b2c/headlines.csv"]


def test_an_asset_that_is_gone(world, context):
    world(DATASET_ASSET_KEY="gone.csv")
    with pytest.raises(
        DatasetUnavailable, match=r"s3://assets/gone\.csv cannot be copied: it does not exist\. Deploy again"
    ):
        prepare.handler(EVENT, context)


def test_a_location_in_s3(world, context):
    s3 = world(DATASET_SOURCE="s3", DATASET_URI="s3://users/news/")
    with pytest.raises(DatasetUnavailable, match="s3://users/news/ does not exist"):
        prepare.handler(EVENT, context)
    s3.put_object(Bucket="users", Key="news/part-1.csv", Body=b"x")
    assert prepare.handler(EVENT, context)["dataset_uri"] == "s3://users/news/"
    assert keys(s3) == []


def test_an_object_whose_name_begins_another_s_would_bring_it_along(world, context):
    s3 = world(DATASET_SOURCE="s3", DATASET_URI="s3://users/news.csv")
    s3.put_object(Bucket="users", Key="news.csv", Body=b"x")
    assert prepare.handler(EVENT, context)["dataset_uri"] == "s3://users/news.csv"
    s3.put_object(Bucket="users", Key="news.csv.old", Body=b"x")
    with pytest.raises(DatasetUnavailable, match=r"is also the beginning of news\.csv\.old, .* Move one of the two"):
        prepare.handler(EVENT, context)


@pytest.mark.parametrize(
    ("uri", "part"), [("s3://absent/x.csv", "it does not exist"), ("users/x.csv", "is not an S3 location")]
)
def test_locations_that_cannot_be_read(world, context, uri, part):
    world(DATASET_SOURCE="s3", DATASET_URI=uri)
    with pytest.raises(DatasetUnavailable, match=part):
        prepare.handler(EVENT, context)


def test_an_execution_can_name_its_own_dataset(world, context):
    s3 = world()
    s3.put_object(Bucket="users", Key="own.csv", Body=b"x")
    event = {**EVENT, "input": {"dataset_uri": "s3://users/own.csv"}}
    assert prepare.handler(event, context)["dataset_uri"] == "s3://users/own.csv"
    assert prepare.handler({**EVENT, "input": None}, context)["dataset_uri"].startswith("s3://datasets/")


@pytest.mark.parametrize("given", [[], "train", 3])
def test_an_input_that_is_no_object(world, context, given):
    world()
    with pytest.raises(logic.InputRefused, match="must be a JSON object"):
        prepare.handler({**EVENT, "input": given}, context)


def test_an_unknown_source(world, context):
    world(DATASET_SOURCE="ftp")
    with pytest.raises(DatasetUnavailable, match="'ftp'; use one of: file, s3, uci"):
        prepare.handler(EVENT, context)


def test_job_names_that_are_too_long():
    with pytest.raises(ValueError, match="2 characters too long"):
        logic.job_name(project="p" * 40, environment="dev", start_time="2026-11-20T21:35:01Z", execution_name="x")


def test_start_times_in_other_zones():
    name = logic.job_name(project="p", environment="e", start_time="2026-11-20T22:35:01+01:00", execution_name="x")
    assert name.startswith("p-e-20261120-213501-")
    assert logic.job_name(project="p", environment="e", start_time="2026-11-20T21:35:01", execution_name="x") == name


# The UCI archive, from a local server.


def archive(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    return buffer.getvalue()


class Archive:
    """A server that answers with `body` and counts its requests; `promised` overstates the length."""

    def __init__(self):
        self.body, self.status, self.promised, self.requests = b"", 200, None, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests += 1
                self.send_response(outer.status)
                self.send_header("content-length", str(outer.promised or len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *args): ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/static/public/359/news+aggregator.zip"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def uci():
    server = Archive()
    yield server
    server.close()


def test_the_archive_is_downloaded_once(world, context, uci):
    uci.body = archive(
        **{"__MACOSX/newsCorpora.csv": "no", "readme.txt": "r", "data/newsCorpora.csv": '1\ta "b\tc\n' * 5000}
    )
    s3 = world(DATASET_SOURCE="uci", UCI_URL=uci.url)
    uri = prepare.handler(EVENT, context)["dataset_uri"]
    assert uri.endswith("/newsCorpora.csv")
    assert prepare.handler(EVENT, context)["dataset_uri"] == uri
    assert uci.requests == 1
    (key,) = keys(s3)
    assert uri == f"s3://datasets/{key}"
    assert s3.get_object(Bucket="datasets", Key=key)["Body"].read() == b'1\ta "b\tc\n' * 5000


def test_another_file_than_the_settings_say_is_refused(world, context, uci):
    uci.body = archive(**{"newsCorpora.csv": "the real one"})
    digest = hashlib.sha256(b"the real one").hexdigest()
    s3 = world(DATASET_SOURCE="uci", UCI_URL=uci.url, UCI_SHA256=digest)
    assert prepare.handler(EVENT, context)["dataset_uri"] == f"s3://datasets/datasets/{digest}/newsCorpora.csv"
    uci.body = archive(**{"newsCorpora.csv": "another"})
    assert prepare.handler(EVENT, context)["dataset_uri"].endswith(f"{digest}/newsCorpora.csv")  # not asked for again
    world(DATASET_SOURCE="uci", UCI_URL=uci.url, UCI_SHA256="0" * 64)
    with pytest.raises(DatasetUnavailable, match=r"newsCorpora\.csv in .* does not match data\.dataset\.sha256"):
        prepare.handler(EVENT, context)
    assert len(keys(s3)) == 1


@pytest.mark.parametrize(
    ("body", "status", "promised", "part"),
    [
        (b"", 404, None, "cannot be downloaded: HTTP Error 404.*source: file"),
        (b"<html>", 200, None, "is not a zip file. Check data.dataset.url"),
        (archive(**{"other.csv": "x"}), 200, None, "has no newsCorpora.csv"),
        (archive(**{"newsCorpora.csv": "x"}), 200, 100_000, "cannot be downloaded|stopped after"),
    ],
)
def test_archives_that_are_no_use(world, context, uci, body, status, promised, part):
    uci.body, uci.status, uci.promised = body, status, promised
    s3 = world(DATASET_SOURCE="uci", UCI_URL=uci.url)
    with pytest.raises(DatasetUnavailable, match=part):
        prepare.handler(EVENT, context)
    assert keys(s3) == []


def test_an_archive_out_of_reach(world, context):
    with socket.socket() as unused:  # bound, but nothing listens
        unused.bind(("127.0.0.1", 0))
        world(DATASET_SOURCE="uci", UCI_URL=f"http://127.0.0.1:{unused.getsockname()[1]}/news.zip")
        with pytest.raises(DatasetUnavailable, match=r"cannot be downloaded: .*Download it elsewhere"):
            prepare.handler(EVENT, context)


MODEL = "tiny/bert@" + "0" * 40
LOCK = "ab" * 32


def fill(s3, folder, **files):
    """A complete folder of the mirror; the digest of its list."""
    for name, body in files.items():
        s3.put_object(Bucket="artifacts", Key=f"{folder}{name}", Body=body)
    sums = mirror.sums({name: hashlib.sha256(body).hexdigest() for name, body in files.items()}).encode()
    s3.put_object(Bucket="artifacts", Key=f"{folder}SHA256SUMS", Body=sums)
    return hashlib.sha256(sums).hexdigest()


@pytest.fixture
def isolated(world):
    """A world without a network: its mirror has the packages and a base model."""

    def apply(**variables):
        code = {"CODE_URI": "s3://assets/code.gz", "WHEELS_LOCK_SHA256": LOCK, "BASE_MODEL": MODEL}
        s3 = world(**{**code, **variables})
        s3.create_bucket(Bucket="artifacts")
        fill(s3, mirror.wheels(LOCK), wheel=b"wheel")
        fill(s3, mirror.base_model(MODEL), config=b"{}", weights=b"w")
        return s3

    return apply


def channels_of(answer):
    return {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in answer["input_data_config"]}


def test_a_job_without_a_network_gets_everything_as_channels(isolated, context):
    s3 = isolated()
    answer = prepare.handler(EVENT, context)
    assert channels_of(answer) == {
        "dataset": "s3://datasets/datasets/0a1b2c/headlines.csv",
        "code": "s3://assets/code.gz",
        "wheels": f"s3://artifacts/{mirror.wheels(LOCK)}",
        "base_model": f"s3://artifacts/{mirror.base_model(MODEL)}",
    }
    sums = s3.get_object(Bucket="artifacts", Key=f"{mirror.base_model(MODEL)}SHA256SUMS")["Body"].read()
    assert answer["hyperparameters"]["base_model_files_sha256"] == hashlib.sha256(sums).hexdigest()
    assert answer["hyperparameters"]["base_model"] == MODEL


@pytest.mark.parametrize("variables", [{"BASE_MODEL": "compact"}, {"HYPERPARAMETERS": '{"model": "linear"}'}])
def test_a_model_without_a_download_needs_none(isolated, context, variables):
    s3 = isolated(**variables)
    s3.delete_object(Bucket="artifacts", Key=f"{mirror.base_model(MODEL)}SHA256SUMS")
    answer = prepare.handler(EVENT, context)
    assert "base_model" not in channels_of(answer) and "base_model_files_sha256" not in answer["hyperparameters"]


def test_a_run_on_the_encoder_for_once_needs_its_base_model(isolated, context):
    s3 = isolated(HYPERPARAMETERS='{"model": "linear"}')
    s3.delete_object(Bucket="artifacts", Key=f"{mirror.base_model(MODEL)}SHA256SUMS")
    with pytest.raises(MirrorIncomplete, match="does not have the base model tiny/bert@"):
        prepare.handler({**EVENT, "input": {"hyperparameters": {"model": "best"}}}, context)


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (mirror.wheels(LOCK) + "SHA256SUMS", "the mirror does not have the packages that this version's training jobs"),
        (mirror.wheels(LOCK) + "wheel", "jobs install the mirror lacks 1 of 1 files, such as wheel"),
        (
            mirror.base_model(MODEL) + "weights",
            "base model tiny/bert@0+ the mirror lacks 1 of 2 files, such as weights",
        ),
    ],
)
def test_what_the_mirror_lacks_is_one_sentence_with_the_command(isolated, context, gone, words):
    isolated().delete_object(Bucket="artifacts", Key=gone)
    with pytest.raises(MirrorIncomplete, match=f"{words}.* Run `rubric --env dev mirror` on a machine with internet"):
        prepare.handler(EVENT, context)


def test_a_list_that_is_none_is_refused(isolated, context):
    isolated().put_object(Bucket="artifacts", Key=mirror.wheels(LOCK) + "SHA256SUMS", Body=b"<html>")
    with pytest.raises(MirrorIncomplete, match="SHA256SUMS is not a list of SHA-256 digests"):
        prepare.handler(EVENT, context)


def test_without_a_network_the_archive_is_the_mirrors(isolated, context, uci):
    s3 = isolated(DATASET_SOURCE="uci", UCI_URL=uci.url)
    with pytest.raises(MirrorIncomplete, match=r"does not have http://.* Run `rubric"):
        prepare.handler(EVENT, context)
    fill(s3, mirror.archive(uci.url), **{"archive.zip": archive(**{"newsCorpora.csv": "rows"})})
    uri = prepare.handler(EVENT, context)["dataset_uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"rows"
    assert uci.requests == 0


def test_an_archive_that_somebody_changed_is_refused(isolated, context, uci):
    s3 = isolated(DATASET_SOURCE="uci", UCI_URL=uci.url)
    fill(s3, mirror.archive(uci.url), **{"archive.zip": archive(**{"newsCorpora.csv": "rows"})})
    other = archive(**{"newsCorpora.csv": "other"})
    s3.put_object(Bucket="artifacts", Key=f"{mirror.archive(uci.url)}archive.zip", Body=other)
    with pytest.raises(MirrorIncomplete, match="is not the file whose digest is in SHA256SUMS"):
        prepare.handler(EVENT, context)
    assert keys(s3) == []
