package relayer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestWhoProposesWhen(t *testing.T) {
	observers := observe.Generation{Signers: []multisigtypes.Signer{{Operator: "a"}, {Operator: "b"}, {Operator: "c"}, {Operator: "d"}}}
	proposed := func(proposer string, from uint64, height int64, status contracttypes.ObservationStatus) contracttypes.ProposalInfo {
		return contracttypes.ProposalInfo{Proposal: contracttypes.Proposal{Proposer: proposer, From: from, Height: height, Status: status}}
	}
	open := contracttypes.OBSERVATION_STATUS_PROPOSED
	for name, c := range map[string]struct {
		me            int
		height, since int64
		proposals     []contracttypes.ProposalInfo
		waits         string
	}{
		"the first member at once":                          {me: 1, height: 200, since: 200},
		"the first member until its turn ends":              {me: 1, height: 204, since: 200},
		"others wait for the first":                         {me: 2, height: 204, since: 200, waits: "it is the turn of b"},
		"the next leaves the last block to the first":       {me: 2, height: 205, since: 204, waits: "may be on its way"},
		"the next after that":                               {me: 2, height: 206, since: 204},
		"what is new at the turn's begin is not waited for": {me: 2, height: 205, since: 205},
		"an own open proposal":                              {me: 1, height: 230, proposals: []contracttypes.ProposalInfo{proposed("b", 50, 201, open)}, waits: "own proposal"},
		"another's young one":                               {me: 2, height: 206, proposals: []contracttypes.ProposalInfo{proposed("b", 50, 203, open)}, waits: "another's proposal"},
		"another's old one":                                 {me: 2, height: 208, proposals: []contracttypes.ProposalInfo{proposed("b", 50, 203, open)}},
		"one of another range counts for nothing":           {me: 1, height: 204, proposals: []contracttypes.ProposalInfo{proposed("c", 40, 203, open)}},
		"one that is being applied": {
			me: 1, height: 204, waits: "being applied",
			proposals: []contracttypes.ProposalInfo{proposed("c", 40, 203, contracttypes.OBSERVATION_STATUS_ACCEPTED)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			contract := stafi.Contract{Proposals: c.proposals, State: contracttypes.ContractState{ObservedHeight: 50, ObservedAt: 200, Observations: 5}}
			view := stafi.View{Moment: stafi.Moment{Height: c.height}, Operator: observers.Signers[c.me].Operator}
			view.Observing.ProposePatience = proposePatience
			waits := whyWait(contract, observers, c.me, view, c.since)
			if c.waits == "" {
				require.Empty(t, waits)
				return
			}
			require.Contains(t, waits, c.waits)
		})
	}
}

func TestADutyThatOthersDidFirstIsNoFailure(t *testing.T) {
	require.True(t, overtaken("", &stafi.RefusedError{Codespace: contracttypes.ModuleName, Code: contracttypes.ErrProposalOpen.ABCICode()}))
	require.True(t, overtaken("", &stafi.RefusedError{Codespace: multisigtypes.ModuleName, Code: multisigtypes.ErrAlreadySigned.ABCICode()}))
	require.False(t, overtaken("", &stafi.RefusedError{Codespace: "sdk", Code: contracttypes.ErrProposalOpen.ABCICode()}))
	require.False(t, overtaken("", &stafi.RefusedError{Codespace: contracttypes.ModuleName, Code: contracttypes.ErrNotMember.ABCICode()}))
}

func TestTheTransactionThatCreatesAnAccountIsHandedOverAgainWhenAMempoolLostItAndMadeAnewWhenItTimedOut(t *testing.T) {
	w := newWorld(t, 1)
	w.addVault(1, multisigtypes.VAULT_STATUS_PENDING, 1)
	w.stafi.state.PendingVault = 1
	w.origin.give(account(t, w.members[0].keys.Funders[originChain]), 100_000)
	w.origin.stuck = true
	w.startAll()
	w.blocks(1 + accountTimeout)
	require.Len(t, w.origin.handed, 1)
	for _, times := range w.origin.handed {
		require.Equal(t, 1+accountTimeout/accountResend, times)
	}
	w.blocks(2)
	require.Len(t, w.origin.handed, 2, fmt.Sprint(w.origin.height))
}
