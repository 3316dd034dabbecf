package relayer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// seen is a member's view of the original chain, and of the contract as this chain has it now.
func (w *world) seen(t *testing.T) (*origin, stafi.Contract) {
	t.Helper()
	o := w.members[0].process.follower.origin
	require.NotNil(t, o)
	contract, err := o.reread(t.Context(), stafi.Moment{Height: w.stafi.height}, 1)
	require.NoError(t, err)
	return o, contract
}

func TestEverythingThatAnObservationIsDerivedFromIsInItsBasis(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.startAll()
	w.blocks(2)
	_, contract := w.seen(t)
	basis, err := basisOf(contract, 60)
	require.NoError(t, err)
	for name, change := range map[string]func(*stafi.Contract, *observe.Generation){
		"the observed height": func(c *stafi.Contract, _ *observe.Generation) { c.State.ObservedHeight++ },
		"the observed index":  func(c *stafi.Contract, _ *observe.Generation) { c.State.ObservedIndex++ },
		"the least event":     func(c *stafi.Contract, _ *observe.Generation) { c.State.LeastEvent = math.NewInt(leastEvent + 1) },
		"a ledger":            func(_ *stafi.Contract, g *observe.Generation) { g.Ledger.Balance = math.NewInt(1) },
		"a sequence":          func(_ *stafi.Contract, g *observe.Generation) { g.Vault.Sequence++ },
		"a known account":     func(_ *stafi.Contract, g *observe.Generation) { g.Vault.AccountKnown = false },
	} {
		t.Run(name, func(t *testing.T) {
			other := contract
			other.Generations = append([]observe.Generation{}, contract.Generations...)
			change(&other, &other.Generations[0])
			got, err := basisOf(other, 60)
			require.NoError(t, err)
			require.NotEqual(t, basis, got)
		})
	}
	unset := contract
	unset.State.LeastEvent = math.Int{}
	zero := contract
	zero.State.LeastEvent = math.ZeroInt()
	first, err := basisOf(unset, 60)
	require.NoError(t, err)
	second, err := basisOf(zero, 60)
	require.NoError(t, err)
	require.Equal(t, first, second, "a least event that is not set is 0")
}

func TestDustIsReportedAsASurplus(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.activeVault(5000)
	w.stafi.acceptAt = 3
	w.startAll()
	w.origin.send(t, w.staker(), vault.Address, leastEvent-1, "stafi/reserve")
	w.blocks(5)
	require.Equal(t, []string{"surplus of 9"}, w.stafi.observed)
	w.origin.send(t, w.staker(), vault.Address, leastEvent, "memo")
	w.blocks(5)
	require.Equal(t, []string{"surplus of 9", `deposit of 10 with memo "memo"`}, w.stafi.observed)
}

func TestAProposalIsJudgedByTheLeastEventOfThePositionThatItBeginsAt(t *testing.T) {
	w := newWorld(t, 1)
	vault := w.activeVault(5000)
	w.startAll()
	w.origin.send(t, w.staker(), vault.Address, leastEvent-1, "memo")
	w.origin.nextBlock()
	w.origin.nextBlock()
	w.blocks(1)
	o, contract := w.seen(t)
	observation, _, err := observe.Derive(t.Context(), o.input(contract, observe.Proposing(contract.Generations), 52), observe.Limits{Events: 9, Bytes: 1 << 16})
	require.NoError(t, err)
	require.NotNil(t, observation.Events[0].GetSurplus())
	info := w.stafi.propose(observation, "stafivaloper09")
	o.scan(1).last = derived{}
	// The ledger of now is another, so that the proposal's own state decides.
	contract.Generations[0].Ledger.Balance = math.NewInt(1)
	w.stafi.state.LeastEvent = math.ZeroInt()
	agree, err := o.judge(t.Context(), contract, info)
	require.NoError(t, err)
	require.True(t, agree)
}

func TestWithinASplitBlockNoObservedHashIsACheckpoint(t *testing.T) {
	cfg, contract := DefaultChain(), stafi.Contract{Contract: newWorld(t, 1).stafi.contract}
	contract.State = contracttypes.ContractState{ObservedHeight: checkpointHeight + 5, ObservedHash: make([]byte, 32)}
	found, err := checkpoints(cfg, contract)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, int64(checkpointHeight+5), found[1].Height)
	for _, none := range [][]byte{nil, {}} {
		contract.State.ObservedIndex, contract.State.ObservedHash = 7, none
		found, err = checkpoints(cfg, contract)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, int64(checkpointHeight), found[0].Height)
	}
}
