package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// sizes of committees at which the cost of a submission is compared.
var sizes = []int{4, 7, 21, 100}

func threshold(size int) uint32 { return uint32((7*size + 9) / 10) }

// heavy is a session of a committee at realistic ids and heights.
func heavy(t testing.TB, size int) (*fixture, []testutil.Member, types.Session) {
	t.Helper()
	f := newFixture(t)
	gs := types.DefaultGenesis()
	gs.NextVault, gs.NextSession = 500_000, 5_000_000
	require.NoError(t, f.keeper.InitGenesis(f.ctx, *gs))
	f.ctx = f.ctx.WithBlockHeight(20_000_000)
	members := testutil.NewCommittee("a", size)
	vault := f.activeVault(members, threshold(size))
	return f, members, f.open(vault.Id)
}

// submissionGas is the store's gas of one message in the handler: without the fixed charge for the verification.
func (f *fixture) submissionGas(member testutil.Member, session types.Session, signature []byte) uint64 {
	f.t.Helper()
	params, err := f.keeper.Params.Get(f.ctx)
	require.NoError(f.t, err)
	meter := storetypes.NewInfiniteGasMeter()
	_, err = f.msg.SubmitSignatures(f.ctx.WithGasMeter(meter), &types.MsgSubmitSignatures{
		Submitter: member.Submitter.String(), Session: session.Id, Signatures: [][]byte{signature},
	})
	require.NoError(f.t, err)
	return meter.GasConsumed() - params.SignatureGas
}

func TestASubmissionUsesTheSameGasWhateverTheSizeOfTheCommittee(t *testing.T) {
	least, most := uint64(1<<63), uint64(0)
	for _, size := range sizes {
		f, members, session := heavy(t, size)
		low, high := uint64(1<<63), uint64(0)
		for _, member := range members {
			gas := f.submissionGas(member, session, f.signature(member, session.Id))
			low, high = min(low, gas), max(high, gas)
		}
		_, tally := f.session(session.Id)
		require.EqualValues(t, size, tally.Signatures)
		t.Logf("M = %3d: %d to %d", size, low, high)
		least, most = min(least, low), max(most, high)
	}
	require.LessOrEqual(t, most, uint64(15_000))
	require.LessOrEqual(t, (most-least)*100, least*20, "within 20 % of each other: %d to %d", least, most)
}

func TestAWrongSignatureIsNoCheaperThanItsRecord(t *testing.T) {
	f, members, session := heavy(t, 7)
	gas := f.submissionGas(members[0], session, make([]byte, 64))
	t.Logf("wrong: %d", gas)
	require.Less(t, gas, uint64(15_000))
	require.Greater(t, gas, uint64(2_000), "it writes")
}

func BenchmarkSubmitSignatures(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("M=%d", size), func(b *testing.B) {
			f, members, session := heavy(b, size)
			signature := f.signature(members[0], session.Id)
			gas := uint64(0)
			ctx := f.ctx
			for b.Loop() {
				f.ctx, _ = ctx.CacheContext()
				gas = f.submissionGas(members[0], session, signature)
			}
			b.ReportMetric(float64(gas), "KVgas/op")
		})
	}
}

// BenchmarkEndBlockWithNothingDue has finished sessions and closed vaults in the state, and a due session in the future.
func BenchmarkEndBlockWithNothingDue(b *testing.B) {
	for _, vaults := range []int{10, 1_000} {
		b.Run(fmt.Sprintf("vaults=%d", vaults), func(b *testing.B) {
			f := newFixture(b)
			for i := range vaults {
				f.open(f.activeVault(testutil.NewCommittee(fmt.Sprint(i), 4), 3).Id)
			}
			// A block works on a cache of what was committed.
			committed := f.ctx.MultiStore().(storetypes.CommitMultiStore)
			committed.Commit()
			f.ctx = f.ctx.WithMultiStore(committed.CacheMultiStore())
			for b.Loop() {
				if err := f.keeper.EndBlock(f.ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
