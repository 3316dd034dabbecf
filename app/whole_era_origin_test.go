package app_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// plainAccount and strangeAccount are what a vault's derivable address can be found to be on the original chain.
const (
	plainAccount   = "/cosmos.auth.v1beta1.BaseAccount"
	strangeAccount = "/cosmos.auth.v1beta1.ModuleAccount"
)

// ledgerChain is an original chain as a list of balances: what vaults hold, the sequences that they used, and the events that members derive.
type ledgerChain struct {
	t         *testing.T
	height    uint64
	serial    uint64
	addresses map[string]uint64
	balances  map[uint64]int64
	sequences map[uint64]uint64
	paid      map[string]int64
	// pending are the events since the last accepted observation.
	pending []stakingcontracttypes.Event
}

func newLedgerChain(t *testing.T, checkpoint uint64) *ledgerChain {
	return &ledgerChain{
		t: t, height: checkpoint, addresses: map[string]uint64{}, balances: map[uint64]int64{}, sequences: map[uint64]uint64{},
		paid: map[string]int64{},
	}
}

// hash32 is some hash of a word and a number.
func hash32(word string, number uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(word), number))
	return sum[:]
}

func (o *ledgerChain) emit(event stakingcontracttypes.Event) {
	event.Height = o.height + 1
	o.pending = append(o.pending, event)
}

func (o *ledgerChain) deposit(vault uint64, memo string, amount int64) {
	o.serial++
	o.balances[vault] += amount
	if amount < testContract().Limits.MinDeposit.Int64() {
		o.emit(stakingcontracttypes.Event{Kind: &stakingcontracttypes.Event_Surplus{Surplus: &stakingcontracttypes.SurplusEvent{
			Vault: vault, Amount: math.NewInt(amount),
		}}})
		return
	}
	o.emit(stakingcontracttypes.Event{Kind: &stakingcontracttypes.Event_Deposit{Deposit: &stakingcontracttypes.DepositEvent{
		Vault: vault, TxHash: hash32("deposit", o.serial), Sender: "wasm1depositor", Memo: memo, Amount: math.NewInt(amount),
	}}})
}

// account reports what a vault's address is.
func (o *ledgerChain) account(vault uint64, kind string) {
	o.emit(stakingcontracttypes.Event{Kind: &stakingcontracttypes.Event_Account{Account: &stakingcontracttypes.AccountEvent{
		Vault: vault, Plain: kind == plainAccount, Number: 1000 + vault, Type: kind,
	}}})
}

// execute runs an attempt that N signed by the original chain's rules: its sequence, its timeout, fee and outputs.
func (o *ledgerChain) execute(session multisigtypes.Session, payload multisigtypes.CosmosPayload) {
	o.t.Helper()
	require.Equal(o.t, o.sequences[session.Vault], payload.Sequence, "session %d", session.Id)
	require.Less(o.t, o.height, payload.TimeoutHeight, "session %d", session.Id)
	o.sequences[session.Vault]++
	o.balances[session.Vault] -= payload.Fee.Amount.Int64()
	for _, output := range payload.Outputs {
		amount := output.Amount.Int64()
		o.balances[session.Vault] -= amount
		if to, vault := o.addresses[output.Address]; vault {
			o.balances[to] += amount
		} else {
			o.paid[output.Address] += amount
		}
	}
	require.GreaterOrEqual(o.t, o.balances[session.Vault], int64(0))
	o.serial++
	o.emit(stakingcontracttypes.Event{Kind: &stakingcontracttypes.Event_Execution{Execution: &stakingcontracttypes.ExecutionEvent{
		Vault: session.Vault, Session: session.Id, TxHash: hash32("execution", o.serial), Success: true,
	}}})
}

// observation is what an honest member derives of everything since the last one; open are the vaults whose balances are proven.
func (o *ledgerChain) observation(from uint64, open []uint64) stakingcontracttypes.Observation {
	o.t.Helper()
	require.NotEmpty(o.t, o.pending, "nothing to observe")
	observation := stakingcontracttypes.Observation{
		Contract: firstContract, From: from, To: o.height + 1, BlockHash: hash32("block", o.height+1), Events: o.pending,
	}
	for _, vault := range open {
		observation.Balances = append(observation.Balances, stakingcontracttypes.Balance{Vault: vault, Amount: math.NewInt(o.balances[vault])})
	}
	return observation
}

// invented is an observation that adds a deposit which nobody made to a true one, with the balance to match.
func invented(truth stakingcontracttypes.Observation, vault uint64, memo string) stakingcontracttypes.Observation {
	const amount = 7_000_000
	lie := truth
	lie.Events = append([]stakingcontracttypes.Event(nil), truth.Events...)
	lie.Events = append(lie.Events, stakingcontracttypes.Event{
		Height: truth.To, Kind: &stakingcontracttypes.Event_Deposit{Deposit: &stakingcontracttypes.DepositEvent{
			Vault: vault, TxHash: hash32("lie "+memo, truth.To), Sender: "wasm1nobody", Memo: memo, Amount: math.NewInt(amount),
		}},
	})
	lie.Balances = append([]stakingcontracttypes.Balance(nil), truth.Balances...)
	for i, balance := range lie.Balances {
		if balance.Vault == vault {
			lie.Balances[i].Amount = balance.Amount.AddRaw(amount)
		}
	}
	return lie
}

// accepted forgets what was observed.
func (o *ledgerChain) accepted(to uint64) { o.height, o.pending = to, nil }
