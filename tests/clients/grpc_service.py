"""A gRPC service of every kind of call, on messages that are plain bytes."""
import concurrent.futures
import threading

import grpc


class GrpcService:
    def __init__(self):
        self.cancelled = threading.Event()
        self.never = threading.Event()  # set at the end alone
        methods = {
            "Say": grpc.unary_unary_rpc_method_handler(lambda r, _: b"hello " + r),
            "List": grpc.unary_stream_rpc_method_handler(lambda r, _: (r + str(i).encode() for i in range(5))),
            "Sum": grpc.stream_unary_rpc_method_handler(lambda rs, _: b"+".join(rs)),
            "Chat": grpc.stream_stream_rpc_method_handler(lambda rs, _: (b"to " + r for r in rs)),
            "Meta": grpc.unary_unary_rpc_method_handler(self.meta),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "FailLate": grpc.unary_stream_rpc_method_handler(self.fail_late),
            "Wait": grpc.unary_unary_rpc_method_handler(self.wait),
            "Forever": grpc.unary_stream_rpc_method_handler(self.forever),
        }
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(80))
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Greeter", methods),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def stop(self):
        self.never.set()
        self.server.stop(0)

    @staticmethod
    def meta(request, context):
        """The client's metadata that begins with my-, back as initial and as trailing metadata."""
        given = [(k, v) for k, v in context.invocation_metadata() if k.startswith("my-")]
        context.send_initial_metadata([("initial-" + k, v) for k, v in given])
        context.set_trailing_metadata([("trailing-" + k, v) for k, v in given])
        return request

    @staticmethod
    def fail(request, context):
        context.set_trailing_metadata([("x-more", "of it")])
        code = next(c for c in grpc.StatusCode if c.value[0] == int(request))
        context.abort(code, f"code {request.decode()}: not now, größer")

    @staticmethod
    def fail_late(request, context):
        yield b"first"
        yield b"second"
        context.abort(grpc.StatusCode.DATA_LOSS, "the rest is lost")

    def wait(self, request, context):
        context.add_callback(self.cancelled.set)
        self.never.wait(60)
        return b"too late"

    def forever(self, request, context):
        context.add_callback(self.cancelled.set)
        while context.is_active():
            yield b"and on"
