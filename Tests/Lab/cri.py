#!/usr/bin/python3
"""A client of the Container Runtime Interface: what kubelet says to containerd, in place of crictl, which Debian does not have.

    cri.py FOLDER SOCKET METHOD [JSON]    the method's request and answer as JSON; FOLDER has what protoc made of cri.proto
    cri.py FOLDER SOCKET exec CONTAINER COMMAND...    its output, errors and exit status
"""
import json
import sys

import grpc
from google.protobuf import json_format

folder, socket, method, *words = sys.argv[1:]
sys.path.insert(0, folder)
import cri_pb2  # noqa: E402


def call(method, request):
    message = json_format.Parse(request, getattr(cri_pb2, method + "Request")())
    with grpc.insecure_channel("unix://" + socket) as channel:
        rpc = channel.unary_unary(
            "/runtime.v1.RuntimeService/" + method,
            request_serializer=lambda value: value.SerializeToString(),
            response_deserializer=getattr(cri_pb2, method + "Response").FromString,
        )
        return rpc(message, timeout=60)


try:
    if method == "exec":
        ended = call("ExecSync", json.dumps({"containerId": words[0], "cmd": words[1:], "timeout": 30}))
        sys.stdout.buffer.write(ended.stdout)
        sys.stderr.buffer.write(ended.stderr)
        sys.exit(ended.exit_code)
    print(json_format.MessageToJson(call(method, words[0] if words else "{}"), indent=None))
except grpc.RpcError as error:
    sys.exit(error.details())
