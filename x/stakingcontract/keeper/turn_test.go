package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// turnOf is the voter whose turn to propose it is, and the one after.
func turnOf(f *fixture, patience uint64) (now, next multisigtest.Member) {
	state := f.state()
	signers, err := f.multisig.VaultSigners(f.ctx, state.Observing())
	require.NoError(f.t, err)
	member := func(index uint32) multisigtest.Member {
		for _, voter := range f.voters() {
			if voter.Operator == signers[index].Operator {
				return voter
			}
		}
		f.t.Fatalf("signer %d is no voter", index)
		return multisigtest.Member{}
	}
	n := uint32(len(signers))
	turn := types.Turn(state.Observations, f.ctx.BlockHeight()-state.ObservedAt, patience, n)
	return member(turn), member((turn + 1) % n)
}

func TestOnlyTheMemberWhoseTurnItIsMayPropose(t *testing.T) {
	const patience = 5
	f := running(t)
	o := oneDeposit(f)
	f.params(func(p *types.Params) { p.ProposePatience = patience })

	for f.ctx.BlockHeight()-f.state().ObservedAt < patience {
		f.block()
	}
	first, second := turnOf(f, patience)
	_, err := f.propose(second, o)
	require.ErrorIs(t, err, types.ErrTurn)

	f.blocks(patience)
	turn, _ := turnOf(f, patience)
	require.Equal(t, second.Operator, turn.Operator)
	f.blocks(3)
	_, err = f.propose(first, o)
	require.ErrorIs(t, err, types.ErrTurn, "its turn passed more than two blocks ago")
	_, err = f.propose(second, o)
	require.NoError(t, err)
}

func TestAProposalMayComeTwoBlocksAfterItsProposersTurn(t *testing.T) {
	const patience = 5
	f := running(t)
	o := oneDeposit(f)
	f.params(func(p *types.Params) { p.ProposePatience = patience })

	for f.ctx.BlockHeight()-f.state().ObservedAt < patience {
		f.block()
	}
	first, _ := turnOf(f, patience)
	f.blocks(patience + 1)
	_, err := f.propose(first, o)
	require.NoError(t, err)
}
