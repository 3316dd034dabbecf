package stafi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/relayer/cosmostx"
)

const (
	// gasMargin in percent over the gas of the simulation: between simulation and execution the state moves on.
	gasMargin = 140
	// gasExtra covers what simulation leaves out: the signature's bytes and the record of the unordered timeout.
	gasExtra = 25_000
	// gasStep in percent of the last limit after a transaction ran out of gas all the same.
	gasStep = 150
)

// prepare simulates and signs a duty's next transaction.
func (o *Outbox) prepare(ctx context.Context, last Entry, msg proto.Message) (Entry, error) {
	number, err := o.accountNumber(ctx)
	if err != nil {
		return Entry{}, err
	}
	timeout, now := o.nextTimeout()
	tx := cosmostx.Tx{Messages: []proto.Message{msg}, Timeout: timeout}
	signer := cosmostx.Signer{
		ChainID: o.node.chainID, AccountNumber: number, PubKey: o.account.PubKey, Sign: o.account.Sign,
	}
	if tx.Gas, err = o.gas(ctx, last, tx, signer); err != nil {
		return Entry{}, err
	}
	tx.Fee = fee(o.account.GasPrice, tx.Gas)
	raw, err := cosmostx.Sign(tx, signer)
	if err != nil {
		return Entry{}, err
	}
	return Entry{
		Duty: last.Duty, State: Pending, Attempt: last.Attempt + 1, Raw: raw, Hash: hexHash(cosmostx.Hash(raw)),
		Gas: tx.Gas, Timeout: timeout, Height: now.Height, Scanned: now.Height, fresh: true,
	}, nil
}

// nextTimeout is unique for the account, as the chain demands of unordered transactions; the caller writes it down.
func (o *Outbox) nextTimeout() (time.Time, Moment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.nonce = max(o.nonce+1, o.now.Time.Add(ttl).UnixNano())
	return time.Unix(0, o.nonce).UTC(), o.now
}

// gas is the limit for a transaction: what simulation used with a margin, more than last time where that ran out.
func (o *Outbox) gas(ctx context.Context, last Entry, tx cosmostx.Tx, signer cosmostx.Signer) (uint64, error) {
	raw, err := cosmostx.Unsigned(tx, signer)
	if err != nil {
		return 0, err
	}
	used, err := o.node.Simulate(ctx, raw)
	if err != nil {
		return 0, err
	}
	limit := used*gasMargin/100 + gasExtra
	if last.Refusal != nil && last.Refusal.is(sdkerrors.ErrOutOfGas) {
		limit = max(limit, last.Gas*gasStep/100)
	}
	return limit, nil
}

func fee(price sdk.DecCoin, gas uint64) sdk.Coins {
	amount := price.Amount.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt()
	return sdk.NewCoins(sdk.NewCoin(price.Denom, amount))
}

// Simulate returns the gas that an unsigned transaction would use now. Errors: *RefusedError, ErrNotDelivered.
func (n *Node) Simulate(ctx context.Context, raw []byte) (uint64, error) {
	result, err := n.rpc.ABCIQuery(ctx, "/app/simulate", raw)
	if err != nil {
		return 0, fmt.Errorf("%w: simulation: %w", ErrNotDelivered, err)
	}
	response := result.Response
	if response.Code != 0 {
		return 0, &RefusedError{Codespace: response.Codespace, Code: response.Code, Log: response.Log}
	}
	var simulated struct {
		GasInfo struct {
			GasUsed string `json:"gas_used"`
		} `json:"gas_info"`
	}
	if err := json.Unmarshal(response.Value, &simulated); err != nil {
		return 0, fmt.Errorf("simulation's answer: %w", err)
	}
	used, err := strconv.ParseUint(simulated.GasInfo.GasUsed, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("simulation's answer: gas used %q: %w", simulated.GasInfo.GasUsed, err)
	}
	return used, nil
}

// AccountNumber of an account of this chain. An account that does not exist yet is a *RefusedError like any other.
func (n *Node) AccountNumber(ctx context.Context, address sdk.AccAddress) (uint64, error) {
	response, err := n.Auth.AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: address.String()})
	if err != nil {
		return 0, fmt.Errorf("account %s: %w", address, err)
	}
	return response.Info.AccountNumber, nil
}

// Balance of an account of this chain in a denom.
func (n *Node) Balance(ctx context.Context, address sdk.AccAddress, denom string) (sdk.Coin, error) {
	answer, err := n.Bank.Balance(ctx, &banktypes.QueryBalanceRequest{Address: address.String(), Denom: denom})
	if err != nil {
		return sdk.Coin{}, fmt.Errorf("balance of %s: %w", address, err)
	}
	return *answer.Balance, nil
}
