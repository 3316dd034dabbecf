package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// intercept admits a gRPC call, bounds its time and says what became of its receipt.
func (s *Server) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.timeout())
	defer cancel()
	remote := ""
	if caller, ok := peer.FromContext(ctx); ok {
		remote = caller.Addr.String()
	}
	found, err := s.gate.admit(ctx, remote, only(metadata.ValueFromIncomingContext(ctx, ReceiptHeader)))
	found.each(func(name, value string) { _ = grpc.SetHeader(ctx, metadata.Pairs(name, value)) })
	if err != nil {
		return nil, err
	}
	return guarded(ctx, request, handle)
}

// guarded turns a panic into an error: one request that nobody thought of does not end the relayer.
func guarded(ctx context.Context, request any, handle grpc.UnaryHandler) (answer any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			answer, err = nil, status.Error(codes.Internal, "this call failed")
		}
	}()
	return handle(ctx, request)
}

// only is the value where there is one; several receipts are as good as none that can be read.
func only(values []string) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	default:
		return "several"
	}
}
