"""A stand-in for an object store: moto's server, which speaks S3's protocol, with a bucket named models."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import s3fs
from moto.server import ThreadedMotoServer

ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
BUCKET = "models"


def empty(files: s3fs.S3FileSystem) -> None:
    """Removes all that is in the bucket; with the last file moto takes the bucket away."""
    if files.find(BUCKET):
        files.rm(f"{BUCKET}/", recursive=True)
    if not files.exists(BUCKET):
        files.mkdir(BUCKET)


@contextmanager
def serve() -> Iterator[s3fs.S3FileSystem]:
    """Serves an empty bucket; this process and those that it starts reach it by s3://models."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()  # moto's buckets are the process's
    before = dict(os.environ)
    os.environ.update(ACCOUNT | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"})
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        files = s3fs.S3FileSystem(use_listings_cache=False)
        files.mkdir(BUCKET)
        yield files
    finally:
        os.environ.clear()
        os.environ.update(before)
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()
