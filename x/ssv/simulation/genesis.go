// Package simulation gives x/ssv random parameters and messages.
package simulation

import (
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// RandomizedGenState writes a new chain's genesis with the shortest eras and criteria that most validators of a simulation
// meet, so that elections happen in it. Eras and their handovers stay within three minutes: x/staking draws its unbonding time
// afterwards, and it must outlast them.
func RandomizedGenState(simState *module.SimulationState) {
	genesis := types.DefaultGenesis()
	p, r := &genesis.Params, simState.Rand
	p.EraDuration, p.BeaconWindow = types.MinEraDuration, types.MinBeaconWindow+time.Duration(r.Intn(10))*time.Second
	p.MinStake, p.MinSelfRatio, p.MinTenure = math.OneInt(), math.LegacyZeroDec(), uint64(r.Intn(2))
	p.MinOnlineRate = math.LegacyNewDecWithPrec(int64(r.Intn(100)), 2)
	p.SlashMemory = uint64(r.Intn(4))
	p.HeartbeatInterval, p.HeartbeatWindow = uint64(r.Intn(5)+1), uint64(r.Intn(500)+10)
	p.MaxCandidatePower, p.MaxExcludedPower = math.LegacyOneDec(), math.LegacyNewDecWithPrec(int64(r.Intn(41)+10), 2)
	p.MaxRestingShare, p.MinPoolFactor = math.LegacyNewDecWithPrec(int64(r.Intn(100)), 2), uint64(r.Intn(3))
	p.MinProducers = uint32(r.Intn(4) + 1)
	p.MaxHandoverEras, p.ClosingEras, p.HistoryEras = 1, 0, uint64(r.Intn(5)+3)
	p.MaxCandidatesPerBlock, p.MaxPrunesPerBlock = uint32(r.Intn(20)+1), uint32(r.Intn(20)+1)
	p.BeaconSize, p.MaxDealingsPerBlock = uint32(r.Intn(types.MaxBeaconSize-types.MinBeaconSize)+types.MinBeaconSize), types.MaxBeaconSize
	p.DealBlocks, p.RevealBlocks = uint32(r.Intn(2)+types.MinDealBlocks), uint32(r.Intn(2)+types.MinRevealBlocks)
	simState.GenState[types.ModuleName] = simState.Cdc.MustMarshalJSON(genesis)
}
