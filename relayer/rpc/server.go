package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
	"google.golang.org/grpc"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
)

const (
	// maxBody bounds a request, in bytes; maxHeaders those of its headers.
	maxBody    = 16 << 10
	maxHeaders = 8 << 10
	// maxStreams bounds the calls under way on one connection.
	maxStreams = 16
	// idle is how long a connection without calls is kept.
	idle = 2 * time.Minute
	// grace is how long calls under way are waited for when the service stops.
	grace = 3 * time.Second
)

// Server answers stakers.
type Server struct {
	cfg     Config
	gate    *gate
	service *service
	tls     *tls.Config
}

// New makes a server; receipts are those of the relayer's journal. Errors: those of a TLS certificate that can't be read.
func New(cfg Config, deps Deps, receipts *Receipts) (*Server, error) {
	server := &Server{cfg: cfg, gate: newGate(cfg, deps, receipts, time.Now), service: newService(deps)}
	if cfg.TLSCertFile == "" {
		return server, nil
	}
	files := &certificate{cert: cfg.TLSCertFile, key: cfg.TLSKeyFile}
	if _, err := files.load(); err != nil {
		return nil, err
	}
	server.tls = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return files.load() },
	}
	return server, nil
}

// Meter is how many calls were served and refused since the start.
func (s *Server) Meter() Meter { return s.gate.meter.read() }

// Eligible says why a client's calls do not count now; empty where they do.
func (s *Server) Eligible(ctx context.Context, scope Scope, client []byte) (string, error) {
	return s.gate.eligible.reason(ctx, scope, client)
}

// Run listens until the context ends. Errors: those of the listener.
func (s *Server) Run(ctx context.Context) error {
	if !s.cfg.On() {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("rpc service: %w", err)
	}
	return s.Serve(ctx, listener)
}

// Serve serves gRPC and HTTP on one listener until the context ends: a member has one endpoint. It closes the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	handler, err := s.handler(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: s.cfg.timeout(), ReadTimeout: 2 * s.cfg.timeout(), WriteTimeout: 2 * s.cfg.timeout(),
		IdleTimeout: idle, MaxHeaderBytes: maxHeaders, TLSConfig: s.tls, Protocols: protocols(),
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close()
		}
	}()
	listener = netutil.LimitListener(listener, s.cfg.MaxConnections)
	if s.tls != nil {
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-done
	return nil
}

// protocols are HTTP/1.1, and HTTP/2 with and without TLS, which gRPC is spoken over.
func protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return &p
}

func (s *Server) newGRPC() *grpc.Server {
	server := grpc.NewServer(
		grpc.ForceServerCodec(stafi.NewCodec().GRPCCodec()), grpc.UnaryInterceptor(s.intercept), grpc.MaxRecvMsgSize(maxBody),
	)
	rpcapi.RegisterServiceServer(server, s.service)
	return server
}
