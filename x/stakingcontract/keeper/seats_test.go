package keeper_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// frozen makes a complete pool of n candidates of equal weight, who hold the given part of the bonded power.
func (f *fixture) frozen(n int, candidates, bonded uint64) {
	f.t.Helper()
	weight := candidates / uint64(n)
	freeze := ssvtypes.Freeze{Era: 1, Status: ssvtypes.FREEZE_STATUS_DONE, BondedPower: bonded, Admitted: uint32(n)}
	require.NoError(f.t, f.ssv.Freezes.Set(f.ctx, 1, freeze))
	entries := make([]ssvtypes.PoolEntry, n)
	for i := range entries {
		entries[i] = ssvtypes.PoolEntry{Operator: sdk.ValAddress(binary.BigEndian.AppendUint64(nil, uint64(i))).String(), Weight: weight}
	}
	require.NoError(f.t, f.ssv.SetPool(f.ctx, freeze, entries))
}

func TestAContractForWhichTheCandidatesPowerDoesNotSufficeIsRefused(t *testing.T) {
	f := newFixture(t)
	f.frozen(8, 800, 1000)
	_, err := f.msg.DeployContract(f.ctx, &types.MsgDeployContract{Authority: authority(), Contract: contract()})
	require.ErrorIs(t, err, types.ErrInvalidContract)
	require.ErrorContains(t, err, "the 4 heaviest candidates of era 1 hold power 400, want at most 250 of 1000 bonded")

	f.frozen(8, 400, 1000)
	f.deploy()
}

func TestATierIsNotGrownIntoWhileTheCandidatesPowerDoesNotSuffice(t *testing.T) {
	f := running(t, func(c *types.Contract) {
		c.Tiers = append(c.Tiers, types.Tier{MinAssets: math.NewInt(10_000), Size_: 7, Threshold: 5})
	})
	f.chain.deposit(f.state().ActiveVault, staker("staker"), bech(prefix, sum("alice")[:20]), 50_000)
	f.observe()
	size := func() uint32 {
		demands, err := f.keeper.Hooks().Demands(f.ctx)
		require.NoError(t, err)
		return demands[0].Size_
	}
	f.frozen(8, 400, 1000)
	require.Equal(t, uint32(4), size(), "seven of eight hold 350, above a quarter of 1000")
	f.frozen(8, 240, 1000)
	require.Equal(t, uint32(7), size())
}
