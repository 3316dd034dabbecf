package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// lie is an observation that reports a deposit which never was.
func (f *fixture) lie() types.Observation {
	vault := f.state().ActiveVault
	f.chain.mine(1)
	o := f.chain.report()
	forged := append([]byte("forged transaction with 32 bytes"), byte(len(o.Events)))[:32]
	o.Events = append(o.Events, types.Event{Height: f.chain.height, Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: vault, TxHash: forged, Sender: staker("mallory"), Memo: userText("mallory"), Amount: atom(70_000),
	}}})
	for i := range o.Balances {
		if o.Balances[i].Vault == vault {
			o.Balances[i].Amount = o.Balances[i].Amount.Add(atom(70_000))
		}
	}
	return o
}

// rejected has a lie proposed by the last of the members and rejected by the others.
func (f *fixture) rejected() (liar multisigtest.Member, hash []byte) {
	f.t.Helper()
	voters := f.voters()
	liar = voters[len(voters)-1]
	hash, err := f.propose(liar, f.lie())
	require.NoError(f.t, err)
	for _, member := range voters[:f.vault(f.state().Observing()).Threshold] {
		require.NoError(f.t, f.attest(member, hash, false))
	}
	return liar, hash
}

func (f *fixture) evils() []ssvtypes.Evil {
	genesis, err := f.ssv.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	return genesis.Emergency.Evils
}

func (f *fixture) rejections() []types.Rejection {
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	return genesis.Rejections
}

func TestTheProposerOfARejectedObservationIsPunishedOnceAnotherOneIsAccepted(t *testing.T) {
	f := judged(t)
	before := f.seated()
	liar, hash := f.rejected()
	require.Empty(t, f.evils(), "that it is false is not shown yet")
	require.Len(t, f.rejections(), 1)
	f.roundTrip()
	f.block()
	require.Equal(t, before, f.seated())
	f.observe()
	found := f.evils()
	require.Len(t, found, 1)
	require.Equal(t, liar.Operator, found[0].Operator)
	require.Equal(t, ssvtypes.DEED_FALSE_OBSERVATION, found[0].Deed)
	require.Equal(t, hash, found[0].Proof)
	require.Equal(t, int64(9_000_000_000), f.tokens(liar.Operator))
	require.Equal(t, -1, f.seated().MemberIndex(liar.Operator))
	require.Equal(t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	require.Empty(t, f.rejections())
	record, err := f.ssv.SlashRecords.Get(f.ctx, f.operator(liar.Operator))
	require.NoError(t, err)
	require.Equal(t, "false observation", record.Infraction)
	f.books()
}

func TestMembersThatRejectEverythingAndAgreeToNothingGetNobodyPunished(t *testing.T) {
	f := judged(t)
	before := f.seated()
	voters := f.voters()
	f.chain.mine(60)
	for i, proposer := range voters {
		o := f.chain.report()
		o.To -= uint64(i) // each its own, as where their software disagrees
		hash, err := f.propose(proposer, o)
		require.NoError(t, err)
		for _, member := range voters {
			if member.Operator != proposer.Operator && len(proposals(f)) > 0 {
				require.NoError(t, f.attest(member, hash, false))
			}
		}
	}
	require.Len(t, f.rejections(), len(voters))
	params, err := f.keeper.Params(f.ctx)
	require.NoError(t, err)
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + int64(params.ObservationDeadline) + 1)
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1_000) // the bars run out; software is repaired
	f.observe()
	require.Empty(t, f.evils(), "too late: nothing shows who was wrong then")
	require.Empty(t, f.rejections())
	require.Equal(t, before, f.seated())
}

func TestAnObservationThatIsAcceptedAfterItWasRejectedIsNoLie(t *testing.T) {
	f := judged(t)
	voters := f.voters()
	f.chain.mine(1)
	f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 20_000)
	f.chain.mine(1)
	o := f.chain.report()
	hash, err := f.propose(voters[0], o)
	require.NoError(t, err)
	for _, member := range voters[1:] {
		require.NoError(t, f.attest(member, hash, false))
	}
	require.Len(t, f.rejections(), 1)
	_, err = f.propose(voters[1], o)
	require.NoError(t, err)
	for _, member := range voters[2:] {
		require.NoError(t, f.attest(member, hash, true))
	}
	f.finish()
	require.Equal(t, int64(20_000), f.held("bob"))
	require.Empty(t, f.evils())
}

func TestAnObservationThatWasOvertakenOrCameTooLateIsNoLie(t *testing.T) {
	f := judged(t)
	voters := f.voters()
	f.chain.mine(60)
	hash, err := f.propose(voters[3], f.chain.report())
	require.NoError(t, err)
	require.NoError(t, f.attest(voters[0], hash, false))
	require.NoError(t, f.attest(voters[1], hash, false), "two of the three that it takes")
	f.observe()
	require.Empty(t, f.rejections())
	require.Empty(t, f.evils())
}

func TestTwoLiesInOneVaultCostOnce(t *testing.T) {
	f := judged(t)
	liar, _ := f.rejected()
	f.observe()
	require.Len(t, f.evils(), 1)
	params, err := f.keeper.Params(f.ctx)
	require.NoError(t, err)
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 4*int64(params.ProposeBackoff))
	again, _ := f.rejected()
	require.Equal(t, liar, again)
	f.observe()
	require.Len(t, f.evils(), 1)
	require.Equal(t, int64(9_000_000_000), f.tokens(liar.Operator))
}

func TestASecondLiarWithTheSameLieDoesNotTakeTheFirstOnesPunishment(t *testing.T) {
	f := judged(t)
	voters := f.voters()
	lie := f.lie()
	for _, liar := range []int{3, 2} {
		hash, err := f.propose(voters[liar], lie)
		require.NoError(t, err)
		for i, member := range voters {
			if i != liar {
				require.NoError(t, f.attest(member, hash, false))
			}
		}
	}
	require.Len(t, f.rejections(), 2)
	f.roundTrip()
	f.observe()
	require.Len(t, f.evils(), 2)
	for _, liar := range []int{3, 2} {
		require.Equal(t, int64(9_000_000_000), f.tokens(voters[liar].Operator))
	}
	require.Empty(t, f.rejections())
}

func TestALieToldWhileNothingHappensIsShownFalseByAnEmptyObservation(t *testing.T) {
	f := judged(t)
	empty := func() types.Observation {
		o := f.chain.report()
		require.Empty(t, o.Events)
		o.To = o.From + 10 // the chain of the fixture goes on to where a range may be empty
		return o
	}
	voters := f.voters()
	_, err := f.propose(voters[0], empty())
	require.ErrorIs(t, err, types.ErrEmptyRange)
	liar, _ := f.rejected()
	hash, err := f.propose(voters[0], empty())
	require.NoError(t, err)
	for _, member := range voters[1:3] {
		require.NoError(t, f.attest(member, hash, true))
	}
	f.finish()
	require.Equal(t, int64(9_000_000_000), f.tokens(liar.Operator))
	_, err = f.propose(voters[1], empty())
	require.ErrorIs(t, err, types.ErrEmptyRange, "there is nothing left to show")

	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1_000)
	f.rejected()
	params, err := f.keeper.Params(f.ctx)
	require.NoError(t, err)
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + int64(params.ObservationDeadline) + 1)
	_, err = f.propose(voters[1], empty())
	require.ErrorIs(t, err, types.ErrEmptyRange, "it would come too late")
}

func TestALiarThatCantBePunishedDoesNotSpareTheOthers(t *testing.T) {
	f := judged(t)
	liar, _ := f.rejected()
	broken := f.rejections()[0]
	broken.Proposer = "a" // comes before the liar, and is no operator
	require.NoError(t, keeper.AddRejection(f.ctx, f.keeper, broken))
	f.chain.mine(60)
	_, err := f.propose(f.voters()[0], f.chain.report())
	require.NoError(t, err)
	for _, member := range f.voters()[1:] {
		require.NoError(t, f.attest(member, proposals(f)[0].Proposal.Hash, true))
	}
	require.Equal(t, int64(9_000_000_000), f.tokens(liar.Operator))
	require.Empty(t, f.rejections())
	require.Len(t, f.undone, 1)
}

func TestAGenesisWithImpossibleRejectionsIsRefused(t *testing.T) {
	f := judged(t)
	f.rejected()
	for name, spoil := range map[string]func(*types.GenesisState){
		"of a contract that is not there": func(g *types.GenesisState) { g.Rejections[0].Contract = 9 },
		"without a hash":                  func(g *types.GenesisState) { g.Rejections[0].Hash = nil },
		"of nobody":                       func(g *types.GenesisState) { g.Rejections[0].Proposer = "" },
		"twice":                           func(g *types.GenesisState) { g.Rejections = append(g.Rejections, g.Rejections[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			genesis, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			require.NoError(t, genesis.Validate())
			spoil(genesis)
			require.ErrorIs(t, genesis.Validate(), types.ErrInvalidGenesis)
		})
	}
}
