package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	"github.com/cosmos/cosmos-sdk/x/authz"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	"github.com/stafiprotocol/stafid/app"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// made is a transaction with a high fee, changed before it is signed.
func (c *chain) made(key cryptotypes.PrivKey, change func(client.TxBuilder), msgs ...sdk.Msg) []byte {
	c.t.Helper()
	config := c.app.Encoding().TxConfig
	builder := config.NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(msgs...))
	builder.SetGasLimit(2_000_000)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, fee)))
	change(builder)
	sender := c.app.Account.GetAccount(c.context(), account(key))
	unsigned := signing.SignatureV2{
		PubKey: key.PubKey(), Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT}, Sequence: sender.GetSequence(),
	}
	require.NoError(c.t, builder.SetSignatures(unsigned))
	signed, err := clienttx.SignWithPrivKey(context.Background(), signing.SignMode_SIGN_MODE_DIRECT, authsigning.SignerData{
		ChainID: testChainID, Address: sender.GetAddress().String(), PubKey: key.PubKey(),
		AccountNumber: sender.GetAccountNumber(), Sequence: sender.GetSequence(),
	}, builder, key, config, sender.GetSequence())
	require.NoError(c.t, err)
	require.NoError(c.t, builder.SetSignatures(signed))
	raw, err := config.TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	return raw
}

// padded is a message that executes as beat does, with a field that is encoded a hundred times.
func padded(t *testing.T, key cryptotypes.PrivKey) *authz.MsgExec {
	t.Helper()
	raw, err := beat(key).Marshal()
	require.NoError(t, err)
	version := ssvtypes.MsgHeartbeat{Version: strings.Repeat("v", 64)}
	again, err := version.Marshal()
	require.NoError(t, err)
	exec := authz.NewMsgExec(account(key), []sdk.Msg{beat(key)})
	exec.Msgs[0] = &codectypes.Any{TypeUrl: sdk.MsgTypeURL(beat(key)), Value: append([]byte(strings.Repeat(string(again), 100)), raw...)}
	return &exec
}

func TestPaddingIsNotRefunded(t *testing.T) {
	plain := func(client.TxBuilder) {}
	c, member, _, operator := refunding(t)
	result := c.block(c.made(member, plain, beat(member))).TxResults[0]
	require.Zero(t, result.Code, result.Log)
	honest := c.refunds(operator).Refunded.Int64()
	require.Equal(t, result.GasUsed/1000, honest)
	for name, tx := range map[string]func(c *chain, member cryptotypes.PrivKey) []byte{
		"a memo": func(c *chain, member cryptotypes.PrivKey) []byte {
			return c.made(member, func(b client.TxBuilder) { b.SetMemo(strings.Repeat("m", 256)) }, beat(member))
		},
		"a field encoded a hundred times": func(c *chain, member cryptotypes.PrivKey) []byte { return c.made(member, plain, padded(t, member)) },
	} {
		c, member, _, operator := refunding(t)
		result := c.block(tx(c, member)).TxResults[0]
		require.Zero(t, result.Code, "%s: %s", name, result.Log)
		refunded := c.refunds(operator).Refunded.Int64()
		t.Logf("%s: %d gas used, %d ufis refunded; honestly %d", name, result.GasUsed, refunded, honest)
		require.Less(t, refunded, honest+12, "%s: more than a frame of 600 bytes and a message's 150 allow", name)
	}
}

// fullest is a heartbeat with as much in it as one may have.
func fullest(key cryptotypes.PrivKey) *ssvtypes.MsgHeartbeat {
	msg := &ssvtypes.MsgHeartbeat{Submitter: account(key).String(), Version: strings.Repeat("v", ssvtypes.MaxVersionLen)}
	for i := range ssvtypes.MaxChains {
		msg.Chains = append(msg.Chains, ssvtypes.ChainHead{
			ChainId: fmt.Sprintf("%s-%03d", strings.Repeat("c", 40), i), Height: 1 << 62, Hash: make([]byte, ssvtypes.MaxHeaderHashLen),
		})
	}
	return msg
}

// TestWhatHeartbeatsCanDrainIsBounded keeps the README's figure true.
func TestWhatHeartbeatsCanDrainIsBounded(t *testing.T) {
	c, member, _, operator := refunding(t)
	result := c.block(c.made(member, func(b client.TxBuilder) {
		b.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 100_000)))
	}, fullest(member))).TxResults[0]
	require.Zero(t, result.Code, result.Log)
	t.Logf("%d gas", result.GasUsed)
	require.Less(t, c.refunds(operator).Refunded.Int64(), int64(250))
	again := c.block(c.made(member, func(client.TxBuilder) {}, fullest(member), fullest(member), fullest(member))).TxResults[0]
	require.Zero(t, again.Code, again.Log)
	before := c.refunds(operator)
	c.block(c.made(member, func(client.TxBuilder) {}, slices.Repeat([]sdk.Msg{beat(member)}, 100)...))
	require.Equal(t, before, c.refunds(operator), "more than one for each interval that has begun")
}

func TestATransactionWithAnExtensionOptionIsNone(t *testing.T) {
	c, member, _, _ := refunding(t)
	junk, err := codectypes.NewAnyWithValue(beat(member))
	require.NoError(t, err)
	result := c.block(c.made(member, func(b client.TxBuilder) {
		b.(authtx.ExtensionOptionsTxBuilder).SetNonCriticalExtensionOptions(junk)
	}, beat(member))).TxResults[0]
	require.Equal(t, sdkerrors.ErrTxDecode.ABCICode(), result.Code, result.Log)
}

func TestARefundGoesToWhoeverPaidTheFee(t *testing.T) {
	c, member, other, operator := refunding(t)
	granter := c.stakers[1]
	grant, err := feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{}, account(granter), account(member))
	require.NoError(t, err)
	c.accepted(c.sign(granter, grant))
	before, mine, others := c.ufis(granter), c.ufis(member), c.ufis(other)
	result := c.block(c.made(member, func(b client.TxBuilder) { b.SetFeeGranter(account(granter)) }, beat(member))).TxResults[0]
	require.Zero(t, result.Code, result.Log)
	require.Equal(t, c.refunds(operator).Refunded.Int64()-fee, c.ufis(granter)-before)
	require.Positive(t, c.refunds(operator).Refunded.Int64())
	require.Equal(t, mine, c.ufis(member))
	require.Equal(t, others, c.ufis(other))
}

func TestSimulatingADutyRefundsNothing(t *testing.T) {
	c, member, _, operator := refunding(t)
	before := c.ufis(member)
	gas, _, err := c.app.Simulate(c.sign(member, beat(member)))
	require.NoError(t, err)
	require.Positive(t, gas.GasUsed)
	c.block()
	require.Equal(t, before, c.ufis(member))
	require.True(t, c.refunds(operator).Refunded.IsZero())
}

func TestDutiesOfTwoMembersInOneTransactionPay(t *testing.T) {
	c, member, _, operatorOf := refunding(t)
	committee := c.committee()
	var second cryptotypes.PrivKey
	for i, key := range c.operators {
		if committee.MemberIndex(operator(key)) >= 0 && operator(key) != operatorOf {
			second = c.submitters[i]
		}
	}
	expires := c.time.Add(time.Hour)
	grant, err := authz.NewMsgGrant(account(second), account(member), authz.NewGenericAuthorization(sdk.MsgTypeURL(beat(second))), &expires)
	require.NoError(t, err)
	c.accepted(c.sign(second, grant))
	both := authz.NewMsgExec(account(member), []sdk.Msg{beat(member), beat(second)})
	lost, _, code := c.cost(member, &both)
	require.Zero(t, code)
	require.Equal(t, int64(fee), lost)
	foreign := authz.NewMsgExec(account(member), []sdk.Msg{beat(second)})
	lost, _, code = c.cost(member, &foreign)
	require.Zero(t, code)
	require.Less(t, lost, int64(fee), "a duty that another account sends for a member is the member's, and its sender paid")
	require.True(t, c.refunds(operatorOf).Refunded.IsZero())
}

// TestAWrongSignatureBesideAValidOnePays asks that the valid one, which is recorded, covers for no
// wrong one that came with it.
func TestAWrongSignatureBesideAValidOnePays(t *testing.T) {
	inOneExec := func(member cryptotypes.PrivKey, msgs ...sdk.Msg) []sdk.Msg {
		exec := authz.NewMsgExec(account(member), msgs)
		return []sdk.Msg{&exec}
	}
	for name, around := range map[string]func(cryptotypes.PrivKey, ...sdk.Msg) []sdk.Msg{
		"two messages":           func(_ cryptotypes.PrivKey, msgs ...sdk.Msg) []sdk.Msg { return msgs },
		"two inside one MsgExec": inOneExec,
		"the second inside a MsgExec": func(member cryptotypes.PrivKey, msgs ...sdk.Msg) []sdk.Msg {
			return append(msgs[:1:1], inOneExec(member, msgs[1:]...)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, member, operator, message := toSign(t)
			seen := c.lastSeen(operator)
			lost, _, code := c.cost(member, around(member, message(false), message(true))...)
			require.Zero(t, code)
			signed, err := c.app.Multisig.HasSigned(c.context(), message(true).Session, operator)
			require.NoError(t, err)
			require.True(t, signed, "the valid one counts")
			require.Equal(t, int64(fee), lost)
			require.True(t, c.refunds(operator).Refunded.IsZero())
			require.Equal(t, seen, c.lastSeen(operator), "a wrong one is no sign of life")
		})
	}
}

// TestAWrongSignatureBehindAValidOneFailsAndPays is what the refund rests on: a transaction that
// succeeds has wrong ones only before the valid one.
func TestAWrongSignatureBehindAValidOneFailsAndPays(t *testing.T) {
	c, member, operator, message := toSign(t)
	valid := message(true)
	for name, msgs := range map[string][]sdk.Msg{
		"a wrong one": {valid, message(false)}, "a second valid one": {valid, valid},
	} {
		lost, _, code := c.cost(member, msgs...)
		require.Equal(t, multisigtypes.ErrAlreadySigned.ABCICode(), code, name)
		require.Equal(t, int64(fee), lost, name)
	}
	require.True(t, c.refunds(operator).Refunded.IsZero())
}

func TestAValidSignatureAfterAWrongOneOfAnEarlierTransactionIsRefunded(t *testing.T) {
	c, member, operator, message := toSign(t)
	lost, _, code := c.cost(member, message(false))
	require.Zero(t, code)
	require.Equal(t, int64(fee), lost)
	lost, gas, code := c.cost(member, message(true))
	require.Zero(t, code)
	require.Equal(t, fee-gas/1000, lost)
	lost, _, code = c.cost(member, message(false))
	require.NotZero(t, code, "none is wrong in a session that is signed: it is refused")
	require.Equal(t, int64(fee), lost)
	require.Equal(t, uint64(1), c.refunds(operator).Transactions)
}
