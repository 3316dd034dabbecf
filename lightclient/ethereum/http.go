package ethereum

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/transport"
)

// DefaultMaxResponse bounds any answer. The largest true one is the receipts of a
// block full of the cheapest logs, about 1 byte of JSON for each gas: a bound that
// such a block could exceed would let whoever pays for one stop all observation.
// Calls that can't be answered by that much have lower bounds of their own.
const DefaultMaxResponse = 256 << 20

// Bounds of answers, in bytes of JSON.
const (
	// smallAnswer is a number, a hash, a root.
	smallAnswer = 1 << 20
	// consensusAnswer is 128 updates of 512 keys, 8 MB.
	consensusAnswer = 32 << 20
	// headerAnswer is a header with 69 bytes for each transaction, of 21,000 gas.
	headerAnswer = 4 << 20
	// transactionsAnswer is a block of 10 MiB (EIP-7934) in hex, and names of fields.
	transactionsAnswer = 64 << 20
	// proofAnswer is paths of 65 nodes to an account and some of its slots.
	proofAnswer = 16 << 20
)

// endpoint is an HTTP server that answers in JSON. It keeps no state and sets no
// deadline: the caller's context decides.
type endpoint struct {
	name string
	base string
	http *http.Client
}

// newEndpoint takes "http://host:port/path", with or without a password; 0 means
// DefaultMaxResponse.
func newEndpoint(address string, maxResponse int64) (*endpoint, error) {
	if maxResponse <= 0 {
		maxResponse = DefaultMaxResponse
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, fmt.Errorf("source address %q is no http or https URL with a host", address)
	}
	return &endpoint{name: parsed.Redacted(), base: strings.TrimSuffix(address, "/"), http: transport.Capped(maxResponse)}, nil
}

// statusError is an answer that is not 200.
type statusError struct {
	code int
	text string
}

// Error is the status and the beginning of what the server said.
func (e *statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.text) }

// maxErrorText bounds what is kept of an error's body.
const maxErrorText = 256

// do sends a request and decodes the answer's JSON, of at most limit bytes.
// Errors: *statusError, ErrMalformed, ErrTooLarge, those of the connection.
func (e *endpoint) do(ctx context.Context, method, path string, body []byte, limit int64, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, e.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := e.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorText))
		return &statusError{code: res.StatusCode, text: string(text)}
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return err
	}
	if int64(len(raw)) > limit {
		return fmt.Errorf("%w: more than %d bytes", lightclient.ErrTooLarge, limit)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", lightclient.ErrMalformed, err)
	}
	return nil
}
