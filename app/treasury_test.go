package app_test

import (
	"testing"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/app"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// decide has every validator vote yes for a proposal of one message, the chain's next one, and returns it after its end.
func (c *chain) decide(id uint64, proposer cryptotypes.PrivKey, message sdk.Msg) govv1.Proposal {
	c.t.Helper()
	proposal, err := govv1.NewMsgSubmitProposal(
		[]sdk.Msg{message}, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 10_000_000)), account(proposer).String(), "", "title", "summary", false,
	)
	require.NoError(c.t, err)
	c.accepted(c.sign(proposer, proposal))
	votes := make([][]byte, 0, len(c.operators))
	for _, key := range c.operators {
		votes = append(votes, c.sign(key, govv1.NewMsgVote(account(key), id, govv1.OptionYes, "")))
	}
	c.accepted(votes...)
	for range 30 {
		ended, err := c.app.Gov.Proposals.Get(c.context(), id)
		require.NoError(c.t, err)
		if ended.Status != govv1.StatusVotingPeriod {
			return ended
		}
		c.block()
	}
	c.t.Fatalf("proposal %d has no end", id)
	return govv1.Proposal{}
}

func (c *chain) held(address sdk.AccAddress) int64 {
	return c.app.Bank.GetBalance(c.context(), address, app.BondDenom).Amount.Int64()
}

func TestAGovernanceProposalPaysFromTheTreasuryAndNobodyElseCan(t *testing.T) {
	c := newChain(t, 6, smallNetwork)
	treasury, recipient := authtypes.NewModuleAddress(ssvtypes.TreasuryName), sdk.AccAddress("recipient of a grant")
	coins := func(amount int64) sdk.Coins { return sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, amount)) }
	c.accepted(c.sign(c.stakers[0], banktypes.NewMsgSend(account(c.stakers[0]), treasury, coins(5_000_000))))
	before := c.held(treasury)
	require.GreaterOrEqual(t, before, int64(5_000_000))

	thief := account(c.stakers[0])
	answer := c.block(c.sign(c.stakers[0], &ssvtypes.MsgSpendTreasury{Authority: thief.String(), Recipient: thief.String(), Amount: coins(1)}))
	require.NotZero(t, answer.TxResults[0].Code, "not by an account")

	spend := func(amount int64) *ssvtypes.MsgSpendTreasury {
		return &ssvtypes.MsgSpendTreasury{Authority: app.Authority(), Recipient: recipient.String(), Amount: coins(amount)}
	}
	passed := c.decide(1, c.stakers[0], spend(3_000_000))
	require.Equal(t, govv1.StatusPassed, passed.Status, passed.FailedReason)
	require.Equal(t, int64(3_000_000), c.held(recipient))
	left := c.held(treasury)
	require.Equal(t, before-3_000_000, left)

	failed := c.decide(2, c.stakers[0], spend(left+1))
	require.Equal(t, govv1.StatusFailed, failed.Status)
	require.Contains(t, failed.FailedReason, "insufficient funds")
	require.Equal(t, int64(3_000_000), c.held(recipient))
	require.Equal(t, left, c.held(treasury))
}
