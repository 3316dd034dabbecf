package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvsim "github.com/stafiprotocol/stafid/x/ssv/simulation"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// round returns the newest round of the seed, if there was one.
func (c *chain) round() (*ssvtypes.QuerySeedResponse, bool) {
	answer, err := keeper.NewQueryServer(c.app.SSV).Seed(c.context(), &ssvtypes.QuerySeedRequest{})
	return answer, err == nil
}

// dealt are the transactions of all dealers that have something to do for the seed in the next block.
func (c *chain) dealt() [][]byte {
	c.t.Helper()
	answer, found := c.round()
	if !found || !answer.Round.Running() {
		return nil
	}
	proofs, err := answer.Round.Context(answer.ChainId, answer.Dealers)
	require.NoError(c.t, err)
	var txs [][]byte
	for i, key := range c.operators {
		for _, dealer := range answer.Dealers {
			if dealer.Operator != operator(key) {
				continue
			}
			if tx := c.dealtBy(i, proofs, dealer); tx != nil {
				txs = append(txs, tx)
			}
		}
	}
	return txs
}

func (c *chain) dealtBy(index int, proofs *pvss.Round, dealer ssvtypes.Dealer) []byte {
	c.t.Helper()
	if msg := c.dealtMsg(index, proofs, dealer); msg != nil {
		return c.sign(c.submitters[index], msg)
	}
	return nil
}

// dealtMsg is what a dealer has to send in the next block, nil where nothing.
func (c *chain) dealtMsg(index int, proofs *pvss.Round, dealer ssvtypes.Dealer) sdk.Msg {
	c.t.Helper()
	submitter, beacon := account(c.submitters[index]).String(), ssvsim.BeaconKey(dealer.Operator, 0)
	switch dealer.Status {
	case ssvtypes.DEALER_STATUS_AWAITED:
		dealing, err := pvss.Deal(proofs, dealer.Operator, beacon)
		require.NoError(c.t, err)
		return &ssvtypes.MsgDeal{Submitter: submitter, Era: proofs.Era(), Dealing: dealing}
	case ssvtypes.DEALER_STATUS_DEALT:
		opening, err := pvss.OpenDealing(proofs, dealer.Operator, beacon)
		require.NoError(c.t, err)
		return &ssvtypes.MsgOpen{Submitter: submitter, Era: proofs.Era(), Secret: opening.Bytes()}
	}
	return nil
}

// dealBlocks makes blocks in which every dealer does its duty for the seed.
func (c *chain) dealBlocks(n int) {
	c.t.Helper()
	for range n {
		c.accepted(c.dealt()...)
	}
}

func TestTheSecondElectionGoesByTheSeedThatTheDealersTransactionsGive(t *testing.T) {
	c := serving(t)
	first, err := c.app.SSV.EraRecords.Get(c.context(), 2)
	require.NoError(t, err)
	_, found := c.round()
	require.False(t, found, "genesis named the first era's seed")

	c.dealBlocks(eraBlocks)
	answer, found := c.round()
	require.True(t, found)
	require.Equal(t, uint64(2), answer.Round.Era)
	require.Equal(t, ssvtypes.ROUND_STATUS_DONE, answer.Round.Status, answer.Round.Reason)
	require.Len(t, answer.Dealers, 8)
	record, err := c.app.SSV.EraRecords.Get(c.context(), 3)
	require.NoError(t, err)
	require.Equal(t, answer.Round.Seed, record.Seed)
	require.NotEqual(t, first.Seed, record.Seed)
	require.Contains(t, record.Election, "8 candidates")
}

func TestARoundGoesOnInTheChainThatWasExportedInItsMiddle(t *testing.T) {
	c := serving(t)
	for {
		if answer, found := c.round(); found && answer.Round.Status == ssvtypes.ROUND_STATUS_REVEAL {
			break
		}
		c.dealBlocks(1)
		require.Less(t, c.height, int64(3*eraBlocks), "no round")
	}
	other := c.imported(c.export())
	other.block()
	other.dealBlocks(2)
	answer, found := other.round()
	require.True(t, found)
	require.Equal(t, ssvtypes.ROUND_STATUS_DONE, answer.Round.Status)
	c.dealBlocks(2)
	undisturbed, _ := c.round()
	require.Equal(t, undisturbed.Round.Seed, answer.Round.Seed)
}
