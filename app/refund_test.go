package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/stafiprotocol/stafid/app"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// fee of every transaction that sign makes, in ufis.
const fee = 1_000

// refunding is a chain whose first committee serves and whose pool of refunds a staker has filled, the submitters of a member and of one
// who does not serve, and the member's operator.
func refunding(t *testing.T) (c *chain, member, other cryptotypes.PrivKey, operatorOf string) {
	t.Helper()
	c = serving(t)
	pool := c.app.Account.GetModuleAddress(ssvtypes.RefundPoolName)
	c.accepted(c.sign(c.stakers[0], send(account(c.stakers[0]), pool, 1_000_000)))
	committee := c.committee()
	for i, key := range c.operators {
		if committee.MemberIndex(operator(key)) >= 0 {
			member, operatorOf = c.submitters[i], operator(key)
		} else {
			other = c.submitters[i]
		}
	}
	return c, member, other, operatorOf
}

func beat(key cryptotypes.PrivKey) *ssvtypes.MsgHeartbeat {
	return &ssvtypes.MsgHeartbeat{Submitter: account(key).String(), Version: "test"}
}

func (c *chain) ufis(key cryptotypes.PrivKey) int64 {
	return c.app.Bank.GetBalance(c.context(), account(key), app.BondDenom).Amount.Int64()
}

func (c *chain) refunds(operator string) ssvtypes.RefundAccount {
	c.t.Helper()
	answer, err := ssvkeeper.NewQueryServer(c.app.SSV).Duties(c.context(), &ssvtypes.QueryDutiesRequest{Operator: operator})
	require.NoError(c.t, err)
	if answer.Refunds == nil {
		return ssvtypes.RefundAccount{Refunded: math.ZeroInt()}
	}
	return *answer.Refunds
}

// cost is what a transaction's sender lost by it, and the gas that it used.
func (c *chain) cost(key cryptotypes.PrivKey, msgs ...sdk.Msg) (lost, gas int64, code uint32) {
	c.t.Helper()
	before := c.ufis(key)
	result := c.block(c.sign(key, msgs...)).TxResults[0]
	return before - c.ufis(key), result.GasUsed, result.Code
}

func TestAMembersHeartbeatIsRefundedByTheGasThatItUsed(t *testing.T) {
	c, member, _, operator := refunding(t)
	lost, gas, code := c.cost(member, beat(member))
	require.Zero(t, code)
	refunded := c.refunds(operator).Refunded.Int64()
	require.Equal(t, fee-refunded, lost)
	require.Equal(t, gas/1000, refunded, "0.001 ufis a unit of gas, and never the fee offered")
	require.Positive(t, refunded)
	require.Equal(t, uint64(1), c.refunds(operator).Transactions)
}

func TestAHeartbeatIsRefundedOnceForEachIntervalThatHasBegun(t *testing.T) {
	c, member, _, operator := refunding(t)
	transactions := 0
	for range 30 {
		if lost, _, _ := c.cost(member, beat(member)); lost < fee {
			transactions++
		}
	}
	account := c.refunds(operator)
	era, err := c.app.SSV.CurrentEra(c.context())
	require.NoError(t, err)
	require.Equal(t, int((uint64(c.height-era.StartHeight-1))/era.HeartbeatInterval+1), transactions)
	require.Equal(t, uint64(transactions), account.Heartbeats)
}

func TestADutyInsideOneMsgExecIsRefundedAndInsideTwoIsNot(t *testing.T) {
	c, member, _, operator := refunding(t)
	grantee := account(member)
	inner := authz.NewMsgExec(grantee, []sdk.Msg{beat(member)})
	outer := authz.NewMsgExec(grantee, []sdk.Msg{&inner})
	lost, _, code := c.cost(member, &outer)
	require.Zero(t, code)
	require.Equal(t, int64(fee), lost)
	lost, _, code = c.cost(member, &inner)
	require.Zero(t, code)
	require.Less(t, lost, int64(fee))
	require.Equal(t, uint64(1), c.refunds(operator).Heartbeats)
}

func TestWhoDoesNotServeWhoFailsAndWhoSendsMoreThanDutiesPays(t *testing.T) {
	c, member, other, operator := refunding(t)
	foreign := &ssvtypes.MsgOpen{Submitter: account(member).String(), Era: 99, Secret: make([]byte, 32)}
	for name, test := range map[string]struct {
		key  cryptotypes.PrivKey
		msgs []sdk.Msg
		fail bool
	}{
		"a candidate that does not serve": {other, []sdk.Msg{beat(other)}, false},
		"a duty that fails":               {member, []sdk.Msg{foreign}, true},
		"a duty with a payment":           {member, []sdk.Msg{beat(member), send(account(member), account(other), 0+1)}, false},
	} {
		before := c.refunds(operator)
		lost, _, code := c.cost(test.key, test.msgs...)
		require.Equal(t, test.fail, code != 0, name)
		require.GreaterOrEqual(t, lost, int64(fee), name)
		require.Equal(t, before, c.refunds(operator), name)
	}
}

func TestRefundsEndWithTheAllowanceAndWithThePool(t *testing.T) {
	c, member, _, operatorText := refunding(t)
	ctx, _ := c.context().CacheContext()
	tx := ssvkeeper.DutyTransaction{
		Operator: operatorText, Payer: account(member), Fee: sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 900_000)), Gas: 700_000_000,
	}
	amount, err := c.app.SSV.RefundDuty(ctx, tx)
	require.NoError(t, err)
	require.Equal(t, int64(700_000), amount.Int64())
	amount, err = c.app.SSV.RefundDuty(ctx, tx)
	require.NoError(t, err)
	require.Equal(t, int64(300_000), amount.Int64(), "what the pool has left")
	amount, err = c.app.SSV.RefundDuty(ctx, tx)
	require.NoError(t, err)
	require.True(t, amount.IsZero(), "nothing, and no error")

	ctx, _ = c.context().CacheContext()
	params, err := c.app.SSV.GetParams(ctx)
	require.NoError(t, err)
	params.RefundAllowance = math.NewInt(5)
	require.NoError(t, c.app.SSV.Params.Set(ctx, params))
	amount, err = c.app.SSV.RefundDuty(ctx, tx)
	require.NoError(t, err)
	require.Equal(t, int64(5), amount.Int64())
	amount, err = c.app.SSV.RefundDuty(ctx, tx)
	require.NoError(t, err)
	require.True(t, amount.IsZero())
	raw, err := sdk.ValAddressFromBech32(operatorText)
	require.NoError(t, err)
	era, err := c.app.SSV.CurrentEra(ctx)
	require.NoError(t, err)
	account, err := c.app.SSV.RefundAccounts.Get(ctx, collections.Join(era.Number, raw))
	require.NoError(t, err)
	require.Equal(t, uint64(1), account.Transactions)
}

// toSign is a refunding chain with a session that its members are to sign, and a member's message with a signature that is valid or not.
func toSign(t *testing.T) (c *chain, member cryptotypes.PrivKey, operatorOf string, message func(valid bool) *multisigtypes.MsgSubmitSignatures) {
	t.Helper()
	c, member, _, operatorOf = refunding(t)
	_, session, keys := openedIn(c, c.app.NewUncachedContext(false, c.context().BlockHeader()))
	c.block()
	document, err := cosmos.SignBytes(payloadOf(c, c.context(), session.Id))
	require.NoError(t, err)
	return c, member, operatorOf, func(valid bool) *multisigtypes.MsgSubmitSignatures {
		signed := document
		if !valid {
			signed = []byte("else")
		}
		signature, err := keys[operatorOf].Sign(signed)
		require.NoError(t, err)
		return &multisigtypes.MsgSubmitSignatures{Submitter: account(member).String(), Session: session.Id, Signatures: [][]byte{signature}}
	}
}

func (c *chain) lastSeen(operator string) int64 {
	c.t.Helper()
	answer, err := ssvkeeper.NewQueryServer(c.app.SSV).Candidate(c.context(), &ssvtypes.QueryCandidateRequest{Operator: operator})
	require.NoError(c.t, err)
	require.NotNil(c.t, answer.Info.Heartbeat)
	return answer.Info.Heartbeat.Height
}

func TestASignatureIsRefundedAndIsASignOfLife(t *testing.T) {
	c, member, operator, message := toSign(t)
	require.Less(t, c.lastSeen(operator), c.height)
	signature := message(true)
	lost, gas, code := c.cost(member, signature)
	require.Zero(t, code)
	t.Logf("%d gas", gas)
	require.Equal(t, fee-gas/1000, lost)
	require.Equal(t, gas/1000, c.refunds(operator).Refunded.Int64())
	require.Equal(t, c.height, c.lastSeen(operator))

	seen := c.height
	c.blocks(20)
	lost, _, code = c.cost(member, signature)
	require.NotZero(t, code, "a second one fails")
	require.Equal(t, int64(fee), lost)
	require.Equal(t, seen, c.lastSeen(operator), "what failed is no sign of life")
}

func TestASignatureInsideAMsgExecIsRefundedAndIsASignOfLife(t *testing.T) {
	c, member, operator, message := toSign(t)
	exec := authz.NewMsgExec(account(member), []sdk.Msg{message(true)})
	lost, _, code := c.cost(member, &exec)
	require.Zero(t, code)
	require.Less(t, lost, int64(fee))
	require.Equal(t, c.height, c.lastSeen(operator))
}

func TestAWrongSignatureIsRecordedAndPaysAndIsNoSignOfLife(t *testing.T) {
	c, member, operator, message := toSign(t)
	seen := c.lastSeen(operator)
	lost, _, code := c.cost(member, message(false))
	require.Zero(t, code)
	require.Equal(t, int64(fee), lost)
	require.Equal(t, seen, c.lastSeen(operator))
	require.True(t, c.refunds(operator).Refunded.IsZero())
}

func TestASignatureBesideAnotherMessagePaysAndIsNoSignOfLife(t *testing.T) {
	c, member, operator, message := toSign(t)
	seen := c.lastSeen(operator)
	lost, _, code := c.cost(member, message(true), send(account(member), account(c.stakers[0]), 1))
	require.Zero(t, code)
	require.Equal(t, int64(fee+1), lost)
	require.Equal(t, seen, c.lastSeen(operator))
}
