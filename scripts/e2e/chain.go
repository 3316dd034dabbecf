package e2e

import (
	"context"
	"fmt"
	"strings"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// Account is a key in a test keyring of one chain's binary.
type Account struct {
	Name string
	// Home whose keyring holds the key.
	Home string
	// Address in the chain's notation.
	Address string
}

// Chain is a running chain as its users reach it: the command line of its
// binary, CometBFT's RPC and gRPC.
type Chain struct {
	Name     string
	Binary   string
	ID       string
	Prefix   string
	Denom    string
	GasPrice string
	RPC      *rpchttp.HTTP
	GRPC     *grpc.ClientConn

	address string
	scratch string
	codec   *codec.ProtoCodec
	wallet  *wallet
}

// Endpoint is where a chain answers.
type Endpoint struct {
	// RPC is host:port of CometBFT's RPC, GRPC that of the application.
	RPC, GRPC string
}

// Connect opens clients to the chain. No connection is made before the first call.
func (c *Chain) Connect(endpoint Endpoint, scratch string) (err error) {
	c.address, c.scratch = "tcp://"+endpoint.RPC, scratch
	c.codec, c.wallet = newCodec(), newWallet()
	if c.RPC, err = rpchttp.New("http://"+endpoint.RPC, "/websocket"); err != nil {
		return err
	}
	c.GRPC, err = grpc.NewClient(endpoint.GRPC,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(c.codec.GRPCCodec())))
	return err
}

// Height is that of the newest block.
func (c *Chain) Height(ctx context.Context) (int64, error) {
	status, err := c.RPC.Status(ctx)
	if err != nil {
		return 0, err
	}
	return status.SyncInfo.LatestBlockHeight, nil
}

// Balance of an address in the chain's own denom.
func (c *Chain) Balance(ctx context.Context, address string) (math.Int, error) {
	return c.BalanceOf(ctx, address, c.Denom)
}

// BalanceOf an address in a denom.
func (c *Chain) BalanceOf(ctx context.Context, address, denom string) (math.Int, error) {
	answer, err := banktypes.NewQueryClient(c.GRPC).Balance(ctx, &banktypes.QueryBalanceRequest{Address: address, Denom: denom})
	if err != nil {
		return math.Int{}, fmt.Errorf("balance of %s: %w", address, err)
	}
	return answer.Balance.Amount, nil
}

// Coin is an amount of the chain's own denom as the command line wants it.
func (c *Chain) Coin(amount int64) string { return fmt.Sprintf("%d%s", amount, c.Denom) }

// Translate gives an address of another chain in this chain's notation.
func (c *Chain) Translate(address string) (string, error) {
	_, bytes, err := decodeBech32(address)
	if err != nil {
		return "", err
	}
	return sdk.Bech32ifyAddressBytes(c.Prefix, bytes)
}

// Bech32 is a raw address in the chain's notation.
func (c *Chain) Bech32(address []byte) (string, error) {
	return sdk.Bech32ifyAddressBytes(c.Prefix, address)
}

// Fresh is an address that nobody has the key of and that was never used; the same name gives the same address.
func (c *Chain) Fresh(name string) string {
	address, err := sdk.Bech32ifyAddressBytes(c.Prefix, freshBytes(name))
	if err != nil {
		panic(fmt.Sprintf("prefix %q: %v", c.Prefix, err))
	}
	return address
}

// Query runs a query of the chain's command line and decodes its JSON.
func (c *Chain) Query(ctx context.Context, into any, command string, args ...string) error {
	full := append(append([]string{"query"}, strings.Fields(command)...), args...)
	return RunJSON(ctx, into, c.Binary, append(full, "--node", c.address, "--output", "json")...)
}
