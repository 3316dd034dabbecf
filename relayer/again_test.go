package relayer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// proposePatience of the fake chain, in blocks.
const proposePatience = 5

// dropProposals fails what is proposed, as the chain does at the deadline: votes go with it, and the same may be proposed again.
func (w *world) dropProposals() {
	w.stafi.mu.Lock()
	defer w.stafi.mu.Unlock()
	w.stafi.proposals = nil
}

func TestTheSameObservationIsProposedAndVotedOnAgainAfterItFailed(t *testing.T) {
	w := newWorld(t, 2)
	vault := w.activeVault(5000)
	w.startAll()
	w.origin.send(t, w.staker(), vault.Address, 700, "")
	w.blocks(2)
	// The original chain stands still, so that the range, and with it the observation, stays the same.
	for range 4 * proposePatience {
		w.stafiBlocks(1)
		if len(w.stafi.proposals) > 0 && len(w.stafi.proposals[0].Votes) == 2 {
			w.dropProposals()
		}
	}
	require.GreaterOrEqual(t, count(w.executed(), "observe 50-51 1 events "+w.members[0].operator), 2, w.executed())
	require.GreaterOrEqual(t, count(w.executed(), "observe 50-51 1 events "+w.members[1].operator), 2, w.executed())
	for _, m := range w.members {
		require.GreaterOrEqual(t, count(w.executed(), "attest true "+m.operator), 2, w.executed())
	}
}

// stafiBlocks makes n blocks on this chain only, every relayer looking after each.
func (w *world) stafiBlocks(n int) {
	w.t.Helper()
	for range n {
		w.stafi.nextBlock()
		for _, m := range w.members {
			require.NoError(w.t, m.step())
		}
	}
}
