package rpc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// serve listens on loopback and returns the address.
func (w *world) serve(change func(*Config)) string {
	w.t.Helper()
	cfg := config()
	change(&cfg)
	server, err := New(cfg, w.deps(), w.receipts(cfg.MaxClients))
	require.NoError(w.t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	w.t.Cleanup(func() {
		cancel()
		require.NoError(w.t, <-done)
	})
	return listener.Addr().String()
}

func dial(t *testing.T, address string, transport credentials.TransportCredentials) rpcapi.ServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(address, stafi.CodecOption(), grpc.WithTransportCredentials(transport))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return rpcapi.NewServiceClient(conn)
}

// get asks by HTTP.
func get(t *testing.T, url string, headers ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(raw)
}

func TestOneEndpointSpeaksGRPCAndHTTP(t *testing.T) {
	w := newWorld(t)
	address := w.serve(generous)
	answer, err := dial(t, address, insecure.NewCredentials()).Member(context.Background(), &rpcapi.MemberRequest{})
	require.NoError(t, err)
	require.Equal(t, operator.String(), answer.Operator)
	require.Equal(t, uint64(7), answer.Era)
	require.True(t, answer.Terms[0].Serves)
	require.Equal(t, "100", answer.Terms[0].MinClientBalance.String())

	code, _, text := get(t, "http://"+address+"/stafi/relayer/v1/member")
	require.Equal(t, http.StatusOK, code, text)
	var member struct {
		Operator string `json:"operator"`
		Source   string `json:"source"`
		Terms    []struct {
			MinClientBalance string `json:"min_client_balance"`
		} `json:"terms"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &member))
	require.Equal(t, operator.String(), member.Operator)
	require.Equal(t, "SOURCE_NODE", member.Source)
	require.Equal(t, "100", member.Terms[0].MinClientBalance)
}

func TestReceiptsTravelByGRPCAndByHTTP(t *testing.T) {
	w := newWorld(t)
	address := w.serve(generous)
	var header metadata.MD
	ctx := metadata.AppendToOutgoingContext(context.Background(), ReceiptHeader, encoded(t, "alice", body(1)))
	_, err := dial(t, address, insecure.NewCredentials()).Heads(ctx, &rpcapi.HeadsRequest{}, grpc.Header(&header))
	require.NoError(t, err)
	require.Equal(t, []string{Counted}, header.Get(StatusHeader))

	code, headers, _ := get(t, "http://"+address+"/stafi/relayer/v1/heads", ReceiptHeader, encoded(t, "alice", body(2)))
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, Counted, headers.Get(StatusHeader))
	require.Equal(t, "2", headers.Get(CallsHeader))
	code, headers, _ = get(t, "http://"+address+"/stafi/relayer/v1/heads",
		ReceiptHeader, encoded(t, "alice", body(3)), ReceiptHeader, encoded(t, "alice", body(4)))
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, headers.Get(StatusHeader), "malformed")
}

func TestTheDescriptionOfTheServiceIsServedAndHasItsRoutesOnly(t *testing.T) {
	address := newWorld(t).serve(generous)
	code, _, text := get(t, "http://"+address+"/openapi.json")
	require.Equal(t, http.StatusOK, code)
	var document struct {
		Paths map[string]any `json:"paths"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &document))
	require.Len(t, document.Paths, 6)
	for path := range document.Paths {
		require.True(t, strings.HasPrefix(path, "/stafi/relayer/v1/"), path)
	}
	code, _, _ = get(t, "http://"+address+"/status")
	require.Equal(t, http.StatusNotFound, code)
}

func TestTooManyCallsAreRefusedInBothProtocols(t *testing.T) {
	w := newWorld(t)
	address := w.serve(func(cfg *Config) { cfg.Rate, cfg.Burst = 0.01, 1 })
	client := dial(t, address, insecure.NewCredentials())
	_, err := client.Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.NoError(t, err)
	_, err = client.Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
	code, _, text := get(t, "http://"+address+"/stafi/relayer/v1/heads")
	require.Equal(t, http.StatusTooManyRequests, code)
	require.Contains(t, text, "without receipts")
}

func TestAnOversizedRequestIsRefused(t *testing.T) {
	address := newWorld(t).serve(generous)
	_, err := dial(t, address, insecure.NewCredentials()).Deposit(context.Background(), &rpcapi.DepositRequest{TxHash: strings.Repeat("0", maxBody+1)})
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+address+"/stafi/relayer/v1/heads", nil)
	require.NoError(t, err)
	request.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return // the service may hang up before it has read them all
	}
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
}

func TestOnlyPagesOfAllowedOriginsMayCall(t *testing.T) {
	address := newWorld(t).serve(func(cfg *Config) { generous(cfg); cfg.AllowOrigins = []string{"https://app.example"} })
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": ""} {
		_, headers, _ := get(t, "http://"+address+"/stafi/relayer/v1/heads", "Origin", origin)
		require.Equal(t, want, headers.Get("Access-Control-Allow-Origin"), origin)
	}
}

func TestAPanicEndsOneCallAndNotTheService(t *testing.T) {
	w := newWorld(t)
	address := w.serve(generous)
	w.view.Contracts = nil
	w.client = nil // Heads now dereferences nothing
	_, err := dial(t, address, insecure.NewCredentials()).Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.Equal(t, codes.Internal, status.Code(err))
	code, _, _ := get(t, "http://"+address+"/stafi/relayer/v1/heads")
	require.Equal(t, http.StatusInternalServerError, code)
	code, _, _ = get(t, "http://"+address+"/stafi/relayer/v1/member")
	require.Equal(t, http.StatusOK, code)
}

// writePair writes a self-signed certificate of a serial number and its key.
func writePair(t *testing.T, dir string, serial int64) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	rawKey, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: rawKey}), 0o600))
	require.NoError(t, os.Chtimes(certFile, epoch, epoch.Add(time.Duration(serial)*time.Minute)))
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	pool.AddCert(parsed)
	return certFile, keyFile, pool
}

func TestTLSWorksAndARenewedCertificateIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, pool := writePair(t, dir, 1)
	address := newWorld(t).serve(func(cfg *Config) { generous(cfg); cfg.TLSCertFile, cfg.TLSKeyFile = certFile, keyFile })
	ask := func(pool *x509.CertPool) error {
		client := dial(t, address, credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}))
		_, err := client.Heads(context.Background(), &rpcapi.HeadsRequest{})
		return err
	}
	require.NoError(t, ask(pool))
	_, _, renewed := writePair(t, dir, 2)
	require.NoError(t, ask(renewed))
	require.Error(t, ask(pool))
	require.NoError(t, os.WriteFile(certFile, []byte("broken"), 0o600))
	require.NoError(t, ask(renewed), "what can't be read leaves the last one in use")
}

func TestACertificateThatCantBeReadIsFoundAtTheStart(t *testing.T) {
	w := newWorld(t)
	cfg := config()
	cfg.TLSCertFile, cfg.TLSKeyFile = "absent.pem", "absent.pem"
	_, err := New(cfg, w.deps(), w.receipts(1))
	require.ErrorContains(t, err, "certificate of the rpc service")
}
