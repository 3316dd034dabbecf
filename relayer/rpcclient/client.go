// Package rpcclient calls members' services to stakers and signs a receipt for each call (protocol §15). A receipt pays the member for the call;
// calls without one are served at a lower rate.
package rpcclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/rpc"
	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

// Signer is the caller's account.
type Signer struct {
	// PubKey is its 33-byte compressed secp256k1 key.
	PubKey []byte
	// Sign returns the 64-byte R ‖ S signature, low S, over the SHA-256 of the given bytes, as the keyrings of the Cosmos SDK do.
	Sign func(signBytes []byte) ([]byte, error)
}

// Options of a client. Without a signer no receipts are sent.
type Options struct {
	// ChainID of this chain. A member that says it is another's is refused.
	ChainID string
	// Contract that the calls are for: only its committee's members are paid for them.
	Contract uint64
	Signer   *Signer
	// Counts remember the calls made; they must outlive the process, or its next calls are not counted until they are above the last.
	Counts Counts
	// Dial are further options of the connection.
	Dial []grpc.DialOption
}

// Outcome is what became of the last call's receipt: rpc.Counted or the member's reason, and the count that the member holds. The member is not
// believed: a client counts its own calls.
type Outcome struct {
	Status string
	Calls  string
}

// ErrWrongChain: the member serves another chain.
var ErrWrongChain = errors.New("the member serves another chain")

// Client calls one member. Safe for concurrent use; calls with receipts go one after the other, in the order of their counts.
type Client struct {
	rpcapi.ServiceClient
	options Options
	conn    *grpc.ClientConn

	mu     sync.Mutex
	member *rpcapi.MemberResponse
	last   Outcome
}

// Dial prepares a connection to an endpoint as candidates register them, http://host:port or with TLS https://host[:port]; it does not wait for
// the member to be up.
func Dial(endpoint string, options Options) (*Client, error) {
	c := &Client{options: options}
	parsed, err := url.Parse(endpoint)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return nil, fmt.Errorf("endpoint %q, want http://host:port or https://host:port", endpoint)
	}
	target, transport := parsed.Host, insecure.NewCredentials()
	if parsed.Scheme == "https" {
		transport = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	if parsed.Port() == "" {
		target = net.JoinHostPort(parsed.Hostname(), map[string]string{"http": "80", "https": "443"}[parsed.Scheme])
	}
	dial := append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport), stafi.CodecOption(), grpc.WithUnaryInterceptor(c.intercept),
	}, options.Dial...)
	conn, err := grpc.NewClient(target, dial...)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	c.conn, c.ServiceClient = conn, rpcapi.NewServiceClient(conn)
	return c, nil
}

// Close releases the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Outcome of the last call with a receipt.
func (c *Client) Outcome() Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// memberMethod is the one call that needs no receipt: it says what a receipt has to say.
const memberMethod = "/stafi.relayer.v1.Service/Member"

// intercept adds a receipt to a call.
func (c *Client) intercept(
	ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	if c.options.Signer == nil || method == memberMethod {
		return invoke(ctx, method, request, answer, conn, options...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := c.nextReceipt(ctx)
	if err != nil {
		return err
	}
	var header metadata.MD
	ctx = metadata.AppendToOutgoingContext(ctx, rpc.ReceiptHeader, text)
	err = invoke(ctx, method, request, answer, conn, append(options, grpc.Header(&header))...)
	c.last = Outcome{Status: first(header.Get(rpc.StatusHeader)), Calls: first(header.Get(rpc.CallsHeader))}
	if c.last.Status != rpc.Counted {
		// The era or the committee may have changed: ask before the next call.
		c.member = nil
	}
	return err
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// nextReceipt counts a call, writes the count down and signs it; the count is written before the call is made, so that no two receipts of this
// client say the same.
func (c *Client) nextReceipt(ctx context.Context) (string, error) {
	if c.member == nil {
		member, err := c.Member(ctx, &rpcapi.MemberRequest{})
		if err != nil {
			return "", fmt.Errorf("asking the member who it is: %w", err)
		}
		if member.ChainId != c.options.ChainID {
			return "", fmt.Errorf("%w: %q, want %q", ErrWrongChain, member.ChainId, c.options.ChainID)
		}
		c.member = member
	}
	operator, err := sdk.ValAddressFromBech32(c.member.Operator)
	if err != nil {
		return "", fmt.Errorf("the member's operator %q: %w", c.member.Operator, err)
	}
	calls, err := c.options.Counts.Next(Account{
		ChainID: c.options.ChainID, Era: c.member.Era, Contract: c.options.Contract, Operator: c.member.Operator,
		Client: receipt.Address(c.options.Signer.PubKey).String(),
	})
	if err != nil {
		return "", err
	}
	signed, err := receipt.Sign(receipt.Body{
		ChainID: c.options.ChainID, Contract: c.options.Contract, Era: c.member.Era, Operator: operator, Calls: calls,
	}, c.options.Signer.PubKey, c.options.Signer.Sign)
	if err != nil {
		return "", err
	}
	return signed.Encode()
}
