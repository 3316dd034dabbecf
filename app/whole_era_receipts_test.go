package app_test

import (
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// newcomerKey is of an account that gets its rTokens in the era, inventedKey of one that has none.
func newcomerKey() cryptotypes.PrivKey {
	return secp256k1.GenPrivKeyFromSecret([]byte("newcomer to the service"))
}
func inventedKey() cryptotypes.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte("invented")) }

// receipt is what a client signs of its calls of a member in an era.
func (e *wholeEra) receipt(era uint64, operator string, client cryptotypes.PrivKey, calls uint64) stakingcontracttypes.Receipt {
	e.t.Helper()
	raw, err := sdk.ValAddressFromBech32(operator)
	require.NoError(e.t, err)
	signed, err := receipt.Sign(
		receipt.Body{ChainID: testChainID, Contract: firstContract, Era: era, Operator: raw, Calls: calls}, client.PubKey().Bytes(), client.Sign,
	)
	require.NoError(e.t, err)
	return stakingcontracttypes.Receipt{Client: signed.Client, Calls: calls, Signature: signed.Signature}
}

// handIn has a member hand in receipts, of which so many calls are to count; where none is, the transaction fails.
func (e *wholeEra) handIn(operator string, counted int64, receipts ...stakingcontracttypes.Receipt) {
	e.t.Helper()
	sent := e.relayed(operator, &stakingcontracttypes.MsgSubmitRPCReceipts{
		Submitter: e.submitter(operator), Contract: firstContract, Era: e.era(), Receipts: receipts,
	})
	sent.fails = counted == 0
	e.do(sent)
	if counted > 0 {
		e.calls = append(e.calls, countedCalls{height: e.height, operator: operator, calls: counted})
	}
}

// service has an honest member hand in what its clients signed, and the cheat what it invented: clients without rTokens and with rTokens that
// changed hands in the era, a count that it had before, a client twice, more calls than count, and a receipt of another era.
func (e *wholeEra) service(c *cast) {
	e.t.Helper()
	era, client, other := e.era(), e.stakers[2], e.stakers[0]
	e.do(scripted{key: other, msg: &banktypes.MsgSend{
		FromAddress: account(other).String(), ToAddress: account(newcomerKey()).String(),
		Amount: sdk.NewCoins(sdk.NewInt64Coin(testContract().RtokenDenom, clientBalance)),
	}})
	of := func(client cryptotypes.PrivKey, calls uint64) stakingcontracttypes.Receipt {
		return e.receipt(era, c.cheat, client, calls)
	}
	e.handIn(c.fibber, 50, e.receipt(era, c.fibber, client, 10), e.receipt(era, c.fibber, other, 40))
	e.handIn(c.cheat, 900, of(client, 900), of(newcomerKey(), 500), of(inventedKey(), 500))
	e.handIn(c.cheat, 0, of(client, 800))
	e.handIn(c.cheat, 0, of(client, 950), of(client, 960))
	e.handIn(c.cheat, 0, e.receipt(era-1, c.cheat, client, 990))
	e.handIn(c.cheat, 0, e.receipt(era, c.fibber, client, 990))
	e.handIn(c.cheat, eraCalls-900, of(client, 5*eraCalls))
}
