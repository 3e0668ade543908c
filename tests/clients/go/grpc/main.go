// grpc-go through the gateway, without TLS and with it: the four kinds of calls, trailers, statuses, deadlines. The
// service is tests/clients/test_gateway_grpc.py's.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"mes/tests/clients/go/check"
)

// Messages are bytes as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }
func (raw) Name() string                       { return "proto" }

var ctx, cancel = context.WithTimeout(context.Background(), 60*time.Second)

func call(c *grpc.ClientConn, method string, request string, options ...grpc.CallOption) (string, error) {
	in, out := []byte(request), []byte{}
	err := c.Invoke(ctx, "/test.Greeter/"+method, &in, &out, options...)
	return string(out), err
}

func stream(c *grpc.ClientConn, method string) grpc.ClientStream {
	s, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/test.Greeter/"+method)
	check.No(err, method)
	return s
}

func send(s grpc.ClientStream, message string) {
	bytes := []byte(message)
	check.No(s.SendMsg(&bytes), "send")
}

func receive(s grpc.ClientStream) (string, error) {
	var bytes []byte
	err := s.RecvMsg(&bytes)
	return string(bytes), err
}

func kinds(c *grpc.ClientConn) {
	said, err := call(c, "Say", "go")
	check.No(err, "Say")
	check.Equal("hello go", said, "Say")

	list := stream(c, "List")
	send(list, "n")
	check.No(list.CloseSend(), "List")
	for i := 0; i < 5; i++ {
		got, err := receive(list)
		check.No(err, "List")
		check.Equal(fmt.Sprintf("n%d", i), got, "List")
	}
	_, err = receive(list)
	check.Equal(true, err == io.EOF, "the list's end")

	sum := stream(c, "Sum")
	for _, one := range []string{"1", "2", "3"} {
		send(sum, one)
	}
	check.No(sum.CloseSend(), "Sum")
	got, err := receive(sum)
	check.No(err, "Sum")
	check.Equal("1+2+3", got, "Sum")

	chat := stream(c, "Chat")
	for i := 0; i < 20; i++ { // each waits for the answer to the one before
		send(chat, fmt.Sprint(i))
		got, err := receive(chat)
		check.No(err, "Chat")
		check.Equal(fmt.Sprintf("to %d", i), got, "Chat")
	}
	check.No(chat.CloseSend(), "Chat")
	_, err = receive(chat)
	check.Equal(true, err == io.EOF, "the chat's end")
}

func ends(c *grpc.ClientConn) {
	_, err := call(c, "Fail", "9")
	check.Equal(codes.FailedPrecondition, status.Code(err), "Fail")
	check.Equal("code 9: not now, größer", status.Convert(err).Message(), "Fail")

	var header, trailer metadata.MD
	outgoing := metadata.AppendToOutgoingContext(ctx, "my-text", "a", "my-data-bin", "\x00\xff")
	in, out := []byte("body"), []byte{}
	check.No(c.Invoke(outgoing, "/test.Greeter/Meta", &in, &out, grpc.Header(&header), grpc.Trailer(&trailer)), "Meta")
	check.Equal("a", header.Get("initial-my-text")[0], "initial metadata")
	check.Equal("\x00\xff", trailer.Get("trailing-my-data-bin")[0], "trailing metadata")

	short, done := context.WithTimeout(ctx, 300*time.Millisecond)
	defer done()
	err = c.Invoke(short, "/test.Greeter/Wait", &in, &out)
	check.Equal(codes.DeadlineExceeded, status.Code(err), "Wait")
}

func main() {
	defer cancel()
	for i, target := range os.Args[1:3] {
		security := insecure.NewCredentials()
		if i == 1 {
			security = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}) // made by the test
		}
		c, err := grpc.NewClient("passthrough:///"+target, grpc.WithTransportCredentials(security),
			grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))
		check.No(err, "client")
		kinds(c)
		ends(c)
		check.No(c.Close(), "close")
	}
	fmt.Println("ok")
}
