package e2e

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/tx"
)

// includeLimit is how long a transaction may take into a block.
const includeLimit Blocks = 30

// Receipt is a transaction in a block.
type Receipt struct {
	// Hash in upper-case hex.
	Hash   string
	Height int64
	Code   uint32
	Log    string
	Events []abci.Event
	// Fee that its signer paid, in the chain's own denom.
	Fee math.Int
}

// Failed is the error of a transaction with a code other than 0.
func (r Receipt) Failed() error {
	if r.Code == 0 {
		return nil
	}
	return fmt.Errorf("transaction %s failed with code %d: %s", r.Hash, r.Code, r.Log)
}

// Attribute is the first value of an event's attribute, without JSON quotes; empty if there is none.
func (r Receipt) Attribute(event, key string) string {
	for _, found := range r.Events {
		if found.Type != event {
			continue
		}
		for _, attribute := range found.Attributes {
			if attribute.Key == key {
				return strings.Trim(attribute.Value, `"`)
			}
		}
	}
	return ""
}

// Tx sends a transaction by the chain's command line, its gas estimated, and
// waits until it is in a block. Errors: *CommandError where the command or
// the node refused it, and those of Receipt.Failed.
func (c *Chain) Tx(ctx context.Context, from Account, command string, args ...string) (Receipt, error) {
	receipt, err := c.TxAnyCode(ctx, from, "auto", command, args...)
	if err != nil {
		return Receipt{}, err
	}
	return receipt, receipt.Failed()
}

// TxAnyCode is Tx with a given gas limit; a transaction that fails in its block is no error.
func (c *Chain) TxAnyCode(ctx context.Context, from Account, gas, command string, args ...string) (Receipt, error) {
	full := append(append([]string{"tx"}, strings.Fields(command)...), args...)
	full = append(full, c.signing(from)...)
	full = append(full, "--gas", gas, "--gas-adjustment", "1.5", "--gas-prices", c.GasPrice, "--yes")
	return c.broadcast(ctx, full)
}

func (c *Chain) signing(from Account) []string {
	return []string{
		"--from", from.Name, "--home", from.Home, "--keyring-backend", "test",
		"--chain-id", c.ID, "--node", c.address, "--output", "json",
	}
}

func (c *Chain) broadcast(ctx context.Context, args []string) (Receipt, error) {
	var answer struct {
		Hash string `json:"txhash"`
		Code uint32 `json:"code"`
		Log  string `json:"raw_log"`
	}
	if err := RunJSON(ctx, &answer, c.Binary, args...); err != nil {
		return Receipt{}, err
	}
	if answer.Code != 0 {
		return Receipt{}, &CommandError{Command: strings.Join(args, " "), Answer: answer.Log, Err: fmt.Errorf("refused with code %d", answer.Code)}
	}
	return c.Receipt(ctx, answer.Hash)
}

// Receipt waits until a transaction is in a block.
func (c *Chain) Receipt(ctx context.Context, hash string) (Receipt, error) {
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return Receipt{}, err
	}
	return Await(ctx, "transaction "+hash+" on "+c.Name, includeLimit, func(ctx context.Context) (Receipt, bool, error) {
		found, err := c.RPC.Tx(ctx, raw, false)
		if err != nil {
			return Receipt{}, false, err
		}
		fee, err := feeOf(found.Tx, c.Denom)
		if err != nil {
			return Receipt{}, false, final(err)
		}
		return Receipt{
			Hash: hash, Height: found.Height, Code: found.TxResult.Code, Log: found.TxResult.Log,
			Events: found.TxResult.Events, Fee: fee,
		}, true, nil
	})
}

// Message is one message as the command line writes it.
type Message = json.RawMessage

// feeOf reads the fee offered; every chain here takes all of it.
func feeOf(raw []byte, denom string) (math.Int, error) {
	auth, err := authInfoOf(raw)
	if err != nil || auth.Fee == nil {
		return math.ZeroInt(), err
	}
	return auth.Fee.Amount.AmountOf(denom), nil
}

func authInfoOf(raw []byte) (auth tx.AuthInfo, err error) {
	var envelope tx.TxRaw
	if err := envelope.Unmarshal(raw); err != nil {
		return auth, fmt.Errorf("transaction: %w", err)
	}
	if err := auth.Unmarshal(envelope.AuthInfoBytes); err != nil {
		return auth, fmt.Errorf("auth info: %w", err)
	}
	return auth, nil
}

// writeJSON writes a new file for a command to read, and returns its path.
func (c *Chain) writeJSON(name string, content any) (string, error) {
	bytes, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(c.scratch, name+"-*.json")
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = file.Write(bytes)
	return file.Name(), err
}
