// Package transport is the HTTP client for sources that nobody has to trust.
package transport

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Capped follows no redirect (the operator chose the host), accepts no
// compression, and dials within the caller's context. An answer above maxResponse
// bytes is lightclient.ErrTooLarge.
func Capped(maxResponse int64) *http.Client {
	base := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{}).DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: pool.MaxInFlight,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
	}
	return &http.Client{
		Transport:     &cappedTransport{base: base, limit: maxResponse},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// idleTimeout is how long an unused connection is kept open.
const idleTimeout = 90 * time.Second

// cappedTransport bounds the bytes read from any answer, so that a source can't
// exhaust memory.
type cappedTransport struct {
	base  http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (t *cappedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if res.ContentLength > t.limit {
		_ = res.Body.Close()
		return nil, tooLarge(t.limit)
	}
	res.Body = &cappedBody{ReadCloser: res.Body, left: t.limit, limit: t.limit}
	return res, nil
}

// cappedBody fails, rather than ends, when more than limit bytes are read: a
// truncated answer must not look like a complete one.
type cappedBody struct {
	io.ReadCloser
	left  int64
	limit int64
}

// Read implements io.Reader.
func (b *cappedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, tooLarge(b.limit)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes", lightclient.ErrTooLarge, limit)
}
