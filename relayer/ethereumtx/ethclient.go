package ethereumtx

import (
	"context"
	"errors"
	"math/big"
	"net/url"
	"strings"

	goethereum "github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/transport"
)

// Client is a Node over JSON-RPC.
type Client struct {
	name string
	eth  *ethclient.Client
}

var _ Node = (*Client)(nil)

// maxAnswer bounds one answer in bytes: headers, numbers and words are all that is asked for.
const maxAnswer = 1 << 20

// Dial makes a node of an http or https address; nothing is asked yet.
func Dial(ctx context.Context, address string) (*Client, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	client, err := rpc.DialOptions(ctx, address, rpc.WithHTTPClient(transport.Capped(maxAnswer)))
	if err != nil {
		return nil, err
	}
	return &Client{name: parsed.Redacted(), eth: ethclient.NewClient(client)}, nil
}

// Name implements Node.
func (c *Client) Name() string { return c.name }

// Close ends its connections.
func (c *Client) Close() { c.eth.Close() }

// Look implements Node by eth_getTransactionCount and the newest header.
func (c *Client) Look(ctx context.Context, account common.Address) (Look, error) {
	nonce, err := c.eth.NonceAt(ctx, account, nil)
	if err != nil {
		return Look{}, err
	}
	head, err := c.eth.HeaderByNumber(ctx, nil)
	if err != nil {
		return Look{}, err
	}
	if head.BaseFee == nil {
		return Look{}, lightclient.ErrMalformed
	}
	return Look{Nonce: nonce, BaseFee: head.BaseFee}, nil
}

// codeReverted is what nodes answer to a call that reverts (EIP-1474's extension).
const codeReverted = 3

// Simulate implements Node by eth_call.
func (c *Client) Simulate(ctx context.Context, from, to common.Address, gas uint64, data []byte) (bool, string, error) {
	_, err := c.eth.CallContract(ctx, goethereum.CallMsg{From: from, To: &to, Gas: gas, Data: data}, nil)
	var answer rpc.Error
	if errors.As(err, &answer) && (answer.ErrorCode() == codeReverted || strings.Contains(answer.Error(), "revert") || strings.Contains(answer.Error(), "out of gas")) {
		return true, answer.Error(), nil
	}
	return false, "", err
}

// Storage implements Node by eth_getStorageAt.
func (c *Client) Storage(ctx context.Context, account common.Address, slot common.Hash) (common.Hash, error) {
	value, err := c.eth.StorageAt(ctx, account, slot, nil)
	return common.BytesToHash(value), err
}

// HasCode implements Node by eth_getCode.
func (c *Client) HasCode(ctx context.Context, account common.Address) (bool, error) {
	code, err := c.eth.CodeAt(ctx, account, nil)
	return len(code) > 0, err
}

// Balance of an account at the node's head, in wei.
func (c *Client) Balance(ctx context.Context, account common.Address) (*big.Int, error) {
	return c.eth.BalanceAt(ctx, account, nil)
}

// refusals are the texts by which nodes refuse transactions: JSON-RPC has no codes for them. A text that is not known is Refused, which is
// said to the operator and tried again.
var refusals = []struct {
	text    string
	verdict Verdict
}{
	{"already known", Taken}, {"alreadyknown", Taken}, {"known transaction", Taken}, {"already imported", Taken},
	{"nonce too low", Used}, {"oldnonce", Used}, {"nonce is too low", Used},
	{"replacement transaction underpriced", Underpriced}, {"replacement fee too low", Underpriced}, {"underpriced", Underpriced},
	{"replacementnotallowed", Underpriced}, {"could not replace", Underpriced},
	{"insufficient funds", Poor}, {"insufficientfunds", Poor}, {"overshot", Poor},
}

// Send implements Node by eth_sendRawTransaction.
func (c *Client) Send(ctx context.Context, tx *types.Transaction) (Verdict, error) {
	err := c.eth.SendTransaction(ctx, tx)
	var refused rpc.Error
	if err == nil || !errors.As(err, &refused) {
		return Taken, err
	}
	text := strings.ToLower(refused.Error())
	for _, known := range refusals {
		if strings.Contains(text, known.text) {
			if known.verdict == Poor {
				return Poor, err
			}
			return known.verdict, nil
		}
	}
	return Refused, err
}
