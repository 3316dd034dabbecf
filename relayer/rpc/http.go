package rpc

import (
	"context"
	_ "embed"
	"net/http"
	"slices"
	"strings"

	gateway "github.com/cosmos/gogogateway"
	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc/status"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
)

// Document is the OpenAPI 2 description of the service, generated from proto/. It is served at /openapi.json.
//
//go:embed openapi.json
var Document []byte

// handler serves gRPC, the service's routes by HTTP, and their description. HTTP calls the service itself: what admits a call is here.
func (s *Server) handler(ctx context.Context) (http.Handler, error) {
	routes := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &gateway.JSONPb{EmitDefaults: true, OrigName: true}),
		runtime.WithProtoErrorHandler(runtime.DefaultHTTPProtoErrorHandler),
		// No header of a caller's becomes metadata: the service reads none.
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
	)
	if err := rpcapi.RegisterServiceHandlerServer(ctx, routes, s.service); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(Document)
	})
	mux.Handle("GET /stafi/relayer/v1/", routes)
	plain, calls := s.allowOrigins(s.admitHTTP(mux)), s.newGRPC()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			calls.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	}), nil
}

// admitHTTP admits a call, bounds its time and body, and says what became of its receipt.
func (s *Server) admitHTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.timeout())
		defer cancel()
		found, err := s.gate.admit(ctx, r.RemoteAddr, only(r.Header.Values(ReceiptHeader)))
		found.each(w.Header().Set)
		if err != nil {
			http.Error(w, status.Convert(err).Message(), runtime.HTTPStatusFromCode(status.Code(err)))
			return
		}
		defer func() {
			if recover() != nil {
				http.Error(w, "this call failed", http.StatusInternalServerError)
			}
		}()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// allowOrigins lets pages of the configured web origins call and read what became of their receipts. A browser's question whether it may is
// answered here and costs no call.
func (s *Server) allowOrigins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin != "" && (slices.Contains(s.cfg.AllowOrigins, "*") || slices.Contains(s.cfg.AllowOrigins, origin)) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Add("Vary", "Origin")
			w.Header().Set("Access-Control-Allow-Methods", "GET")
			w.Header().Set("Access-Control-Allow-Headers", ReceiptHeader)
			w.Header().Set("Access-Control-Expose-Headers", strings.Join([]string{StatusHeader, CallsHeader}, ", "))
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
