package types

import (
	"bytes"
	"cmp"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// ReceiptGas is charged for each receipt before any is verified: what ante charges for a secp256k1 signature.
const ReceiptGas = 1000

// Errors of RPC receipts (protocol §15).
var (
	// The whole message is refused: the member could have known before it sent it.
	ErrInvalidReceipt   = errors.Register(ModuleName, 50, "invalid RPC receipt")
	ErrReceiptEra       = errors.Register(ModuleName, 51, "RPC receipts of another era")
	ErrReceiptCount     = errors.Register(ModuleName, 52, "too few or too many RPC receipts")
	ErrDuplicateReceipt = errors.Register(ModuleName, 53, "two RPC receipts of one client")
	ErrCallsUncounted   = errors.Register(ModuleName, 54, "RPC calls are not counted for this contract")
	ErrNotServing       = errors.Register(ModuleName, 55, "not a member of the contract's committee")
	// One receipt is refused: its client could bring that about after the member took it.
	ErrLowerCount    = errors.Register(ModuleName, 56, "RPC receipt does not count more calls than known")
	ErrClientBalance = errors.Register(ModuleName, 57, "the client does not hold enough of the rToken since before the era")
)

// ClientBalance is min_client_balance, 0 where it is not set.
func (l Limits) ClientBalance() math.Int {
	if l.MinClientBalance.IsNil() {
		return math.ZeroInt()
	}
	return l.MinClientBalance
}

// rawAddress returns the raw bytes of a bech32 address of an account or operator, nil of any other text.
func rawAddress(text string) []byte {
	if raw, err := sdk.AccAddressFromBech32(text); err == nil {
		return raw
	}
	if raw, err := sdk.ValAddressFromBech32(text); err == nil {
		return raw
	}
	return nil
}

func compareClients(a, b CountedClient) int {
	return cmp.Or(
		cmp.Compare(a.Era, b.Era), cmp.Compare(a.Contract, b.Contract),
		bytes.Compare(rawAddress(a.Operator), rawAddress(b.Operator)), bytes.Compare(rawAddress(a.Client), rawAddress(b.Client)),
	)
}

func compareInflows(a, b Inflow) int {
	return cmp.Or(
		cmp.Compare(a.Era, b.Era), cmp.Compare(a.Contract, b.Contract), bytes.Compare(rawAddress(a.Account), rawAddress(b.Account)),
	)
}

// validateCalls checks that counted clients and inflows are in key order and complete.
func (g GenesisState) validateCalls(contracts map[uint64]bool) error {
	for i, c := range g.Clients {
		if !contracts[c.Contract] || c.Calls == 0 || rawAddress(c.Operator) == nil || rawAddress(c.Client) == nil {
			return ErrInvalidGenesis.Wrapf("client %d, %s of %s for contract %d, is not complete", i, c.Client, c.Operator, c.Contract)
		}
		if i > 0 && compareClients(g.Clients[i-1], c) >= 0 {
			return ErrInvalidGenesis.Wrapf("client %d, %s of %s, wanted them in order", i, c.Client, c.Operator)
		}
	}
	for i, f := range g.Inflows {
		if !contracts[f.Contract] || rawAddress(f.Account) == nil || f.Amount.IsNil() || !f.Amount.IsPositive() {
			return ErrInvalidGenesis.Wrapf("inflow %d, of %s for contract %d, is not complete", i, f.Account, f.Contract)
		}
		if i > 0 && compareInflows(g.Inflows[i-1], f) >= 0 {
			return ErrInvalidGenesis.Wrapf("inflow %d, of %s, wanted them in order", i, f.Account)
		}
	}
	return nil
}
