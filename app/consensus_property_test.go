package app_test

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// lifeBlocks are made in lives of lifeLength: the state of a short life is small.
const (
	lifeBlocks = 10_000
	lifeLength = 1_000
)

// lifeSeen is what happened in a life, so that a test can want that enough did, and the state that was seen last.
type lifeSeen struct {
	// excluded, jailed and producing are SVs by name, as of the last block; they produce from the block after the next on.
	excluded, jailed, producing map[string]bool
	// committees counts seated committees by origin.
	committees map[ssvtypes.CommitteeOrigin]int
	// seatedEra is the era of a contract's present committee.
	seatedEra map[uint64]uint64

	returns, removed int
	// downtimes are jailings for blocks missed, doubleSigns for signing twice; memberRotations are those of the rotations by members.
	downtimes, doubleSigns, unjails, rotations, memberRotations int
	// era is the one whose seed was looked at last; eras by how their rounds ended, dealings that were refused and secrets rebuilt in those
	// that gave a seed, and beacon keys replaced.
	era                                                                       uint64
	roundsDone, roundsFailed, roundsMissed, refusedDealings, rebuilt, beacons int
	// guardEvents are blocks whose update kept members producing.
	guardEvents int
	// keptBlocks counts blocks in which a member had to go on producing; the others are the worst shares of bonded power of the
	// members, and of the power of all others of the heaviest of them, were none kept.
	keptBlocks                int
	worstMembers, worstLeader float64
}

func (s *lifeSeen) init() {
	s.excluded, s.jailed = map[string]bool{}, map[string]bool{}
	s.committees, s.seatedEra = map[ssvtypes.CommitteeOrigin]int{}, map[uint64]uint64{}
}

// holder is a bonded SV and its power.
type holder struct {
	sv    *sv
	power int64
}

// bonded lists the bonded SVs with their power, heaviest first, ties in order of operator.
func (l *consensusLife) bonded() []holder {
	l.t.Helper()
	var holders []holder
	for _, v := range l.svs {
		power, err := l.app.Staking.GetLastValidatorPower(l.context(), v.raw)
		require.NoError(l.t, err)
		if power > 0 {
			holders = append(holders, holder{v, power})
		}
	}
	slices.SortFunc(holders, func(a, b holder) int {
		if a.power != b.power {
			return int(b.power - a.power)
		}
		return bytes.Compare(a.sv.raw, b.sv.raw)
	})
	return holders
}

// members are the registered members of every contract's present committee, by name of their SV.
func (l *consensusLife) members() map[string]bool {
	l.t.Helper()
	committees, err := l.app.SSV.PresentCommittees(l.context())
	require.NoError(l.t, err)
	members := map[string]bool{}
	for _, committee := range committees {
		for _, member := range committee.Members {
			v := l.byOperator(member.Operator)
			members[v.name] = members[v.name] || l.registered(v)
		}
	}
	return members
}

func (l *consensusLife) byOperator(operator string) *sv {
	l.t.Helper()
	i := slices.IndexFunc(l.svs, func(v *sv) bool { return v.text == operator })
	require.GreaterOrEqual(l.t, i, 0, operator)
	return l.svs[i]
}

// guarded says whether protocol §6's guard holds while the others produce.
func guarded(all, producing []holder, params ssvtypes.Params) bool {
	bonded, rest, leader := sum(all), sum(producing), int64(0)
	for _, h := range producing {
		leader = max(leader, h.power)
	}
	mayBeExcluded := params.MaxExcludedPower.MulInt64(bonded)
	return math.LegacyNewDec(bonded-rest).LTE(mayBeExcluded) && len(producing) >= int(params.MinProducers) && 3*leader < rest
}

func sum(holders []holder) (total int64) {
	for _, h := range holders {
		total += h.power
	}
	return total
}

// expected is who produces: everybody bonded but the members, less the fewest of the heaviest of these that have to be kept for the guard.
func (l *consensusLife) expected(params ssvtypes.Params) (all, producing []holder) {
	l.t.Helper()
	members := l.members()
	all = l.bonded()
	var out []holder
	for _, h := range all {
		if members[h.sv.name] {
			out = append(out, h)
		} else {
			producing = append(producing, h)
		}
	}
	l.measureDrift(all, producing)
	if !guarded(all, producing, params) && len(out) > 0 {
		l.seen.keptBlocks++
	}
	for len(out) > 0 && !guarded(all, producing, params) {
		producing, out = append(producing, out[0]), out[1:]
	}
	return all, producing
}

func (l *consensusLife) measureDrift(all, producing []holder) {
	bonded, rest := float64(sum(all)), float64(sum(producing))
	l.seen.worstMembers = max(l.seen.worstMembers, (bonded-rest)/bonded)
	for _, h := range producing {
		l.seen.worstLeader = max(l.seen.worstLeader, float64(h.power)/rest)
	}
}

// checkProducers compares the set that CometBFT will have two blocks on with the naive model, and asks the guard of it by the powers
// of now: whoever bonded does not produce leaves a set that the guard admits.
func (l *consensusLife) checkProducers() {
	l.t.Helper()
	params, err := l.app.SSV.GetParams(l.context())
	require.NoError(l.t, err)
	all, producing := l.expected(params)
	want := map[string]int64{}
	for _, h := range producing {
		want[string(h.sv.keys[len(h.sv.keys)-1].Address())] = h.power
	}
	got, actual := map[string]int64{}, []holder(nil)
	for _, validator := range l.next.Validators {
		got[string(validator.Address)] = validator.VotingPower
		actual = append(actual, holder{l.owners[string(validator.Address)], validator.VotingPower})
	}
	require.Equal(l.t, want, got, "height %d", l.height)
	require.NotEmpty(l.t, actual)
	l.noteEntrants(actual)
	if len(actual) < len(all) {
		require.True(l.t, guarded(all, actual, params), "height %d: %d of %d power excluded", l.height, sum(all)-sum(actual), sum(all))
	}
}

// noteEntrants notes who was not to produce in the block before and is now: newly bonded, relieved, or kept for the guard. Founders entered
// at the chain's start.
func (l *consensusLife) noteEntrants(producing []holder) {
	before := l.seen.producing
	l.seen.producing = map[string]bool{}
	for _, h := range producing {
		l.seen.producing[h.sv.name] = true
		if before != nil && !before[h.sv.name] {
			h.sv.entered = l.height
		}
	}
}

// checkSeated asks the guard of newly elected committees by what was frozen, where every contract's was drawn and no standby was called.
func (l *consensusLife) checkSeated() {
	l.t.Helper()
	ctx := l.context()
	committees, err := l.app.SSV.PresentCommittees(ctx)
	require.NoError(l.t, err)
	drawn := len(committees) > 0
	excluded := int64(0)
	for _, committee := range committees {
		if l.seen.seatedEra[committee.Contract] == committee.Era {
			return
		}
		drawn = drawn && wasDrawn(committee)
	}
	for _, committee := range committees {
		l.seen.seatedEra[committee.Contract] = committee.Era
		l.seen.committees[committee.Origin]++
		if wasDrawn(committee) {
			record, err := l.app.SSV.EraRecords.Get(ctx, committee.Era)
			require.NoError(l.t, err)
			require.Len(l.t, record.Seed, 32, "contract %d in era %d was drawn without a seed", committee.Contract, committee.Era)
		}
		for _, member := range committee.Members {
			excluded += int64(member.Weight)
		}
	}
	if !drawn || l.calledIn == committees[0].Era {
		return
	}
	freeze, err := l.app.SSV.Freezes.Get(ctx, committees[0].Era-1)
	require.NoError(l.t, err)
	require.LessOrEqual(l.t, 4*excluded, int64(freeze.BondedPower), "era %d, as frozen", committees[0].Era)
	require.Less(l.t, 3*int64(freeze.LargestOther), int64(freeze.BondedPower)-excluded, "era %d, as frozen", committees[0].Era)
}

func wasDrawn(committee ssvtypes.Committee) bool {
	return committee.Origin == ssvtypes.COMMITTEE_ORIGIN_ELECTED || committee.Origin == ssvtypes.COMMITTEE_ORIGIN_SHRUNK
}

// countVote follows x/slashing's window of a vote: it does not count those of the jailed.
func (l *consensusLife) countVote(v *sv, missed bool) {
	if l.seen.jailed[v.name] {
		return
	}
	v.votes = append(v.votes, missed)
	v.votes = v.votes[max(0, len(v.votes)-lifeWindow):]
	if missed {
		v.missed++
	}
}

// counter is what x/slashing should have as the votes missed in the window.
func (v *sv) counter() (count int64) {
	for _, missed := range v.votes {
		if missed {
			count++
		}
	}
	return count
}

// checkEvents counts what a block did and checks whom it jailed.
func (l *consensusLife) checkEvents(events []abci.Event) {
	l.t.Helper()
	for _, event := range events {
		switch {
		case event.Type == "stafi.ssv.v1.EventMemberReplaced":
			era, err := l.app.SSV.CurrentEra(l.context())
			require.NoError(l.t, err)
			l.calledIn = era.Number
		case event.Type == "stafi.ssv.v1.EventConsensusSetGuarded":
			l.seen.guardEvents++
		case attribute(event, slashingtypes.AttributeKeyReason) == slashingtypes.AttributeValueDoubleSign:
			l.seen.doubleSigns++
		case attribute(event, slashingtypes.AttributeKeyReason) == slashingtypes.AttributeValueMissingSignature:
			l.checkDowntime(event)
		}
	}
}

// checkDowntime wants that whoever is jailed for blocks that it missed had a whole window after it last entered the set or returned, and missed too many
// blocks of that window, not before it.
func (l *consensusLife) checkDowntime(event abci.Event) {
	l.t.Helper()
	address, err := sdk.ConsAddressFromBech32(attribute(event, slashingtypes.AttributeKeyJailed))
	require.NoError(l.t, err)
	v := l.owners[string(address)]
	l.seen.downtimes++
	require.Greater(l.t, l.height, max(v.entered, v.returned)+lifeWindow, "%s entered at %d and returned at %d", v.name, v.entered, v.returned)
	require.Greater(l.t, v.missed, lifeMaxMissed, "%s returned at %d and was jailed at %d", v.name, v.returned, l.height)
	v.votes = nil
}

func attribute(event abci.Event, key string) string {
	for _, attribute := range event.Attributes {
		if attribute.Key == key {
			return attribute.Value
		}
	}
	return ""
}

// observeState notes who is excluded and jailed after a block. Whoever left the excluded operators has a fresh liveness window and missed no
// block meanwhile.
func (l *consensusLife) observeState() {
	l.t.Helper()
	ctx := l.context()
	for _, v := range l.svs {
		excluded, err := l.app.SSV.Excluded.Has(ctx, v.raw)
		require.NoError(l.t, err)
		validator, err := l.app.Staking.GetValidator(ctx, v.raw)
		if err != nil {
			l.gone(v)
			l.seen.excluded[v.name] = excluded
			continue
		}
		l.seen.jailed[v.name] = validator.IsJailed()
		if l.seen.excluded[v.name] && !excluded {
			l.checkReturn(v, validator)
		}
		l.seen.excluded[v.name] = excluded
	}
}

// gone forgets a validator that was removed.
func (l *consensusLife) gone(v *sv) {
	if _, known := l.seen.jailed[v.name]; known {
		l.seen.removed++
	}
	delete(l.seen.jailed, v.name)
	v.votes = nil
}

func (l *consensusLife) checkReturn(v *sv, validator stakingtypes.Validator) {
	l.t.Helper()
	address, err := validator.GetConsAddr()
	require.NoError(l.t, err)
	info, err := l.app.Slashing.GetValidatorSigningInfo(l.context(), address)
	require.NoError(l.t, err)
	require.GreaterOrEqual(l.t, info.StartHeight, l.height, "%s returned at %d", v.name, l.height)
	require.Equal(l.t, v.counter(), info.MissedBlocksCounter, "%s returned at %d", v.name, l.height)
	v.returned, v.missed = l.height, 0
	l.seen.returns++
}

// step makes a block of random deeds and checks everything.
func (l *consensusLife) step() {
	l.t.Helper()
	var evidence []abci.Misbehavior
	if l.last != nil && l.r.Intn(200) == 0 {
		evidence = l.doubleSign()
	}
	d := l.deeds()
	response := l.finalize(evidence, d.txs...)
	for i, result := range response.TxResults {
		if result.Code != 0 {
			l.refused[d.names[i]]++
			l.lastRefusal[d.names[i]] = result.Log
			continue
		}
		l.delivered[d.names[i]]++
		if done := l.pending[i]; done != nil {
			done()
		}
	}
	clear(l.pending)
	l.checkEvents(response.Events)
	l.checkProducers()
	l.checkSeed()
	l.checkSeated()
	l.observeState()
}

// happened wants everything that the property is about to have happened in all lives together.
func (s lifeSeen) happened(t *testing.T) {
	t.Helper()
	for what, count := range map[string]int{
		"committees elected by a seed":                     s.committees[ssvtypes.COMMITTEE_ORIGIN_ELECTED],
		"incumbents that served on":                        s.committees[ssvtypes.COMMITTEE_ORIGIN_INCUMBENT],
		"committees that a shortfall shrank":               s.committees[ssvtypes.COMMITTEE_ORIGIN_SHRUNK],
		"rounds that gave a seed":                          s.roundsDone,
		"eras without a round":                             s.roundsMissed,
		"rounds that failed":                               s.roundsFailed,
		"dealings refused":                                 s.refusedDealings,
		"secrets rebuilt":                                  s.rebuilt,
		"beacon keys replaced":                             s.beacons,
		"returns":                                          s.returns,
		"jailings for blocks missed":                       s.downtimes,
		"jailings for signing twice":                       s.doubleSigns,
		"unjails":                                          s.unjails,
		"rotations of consensus keys":                      s.rotations,
		"rotations of members' consensus keys":             s.memberRotations,
		"validators removed":                               s.removed,
		"blocks in which the guard kept members producing": s.keptBlocks,
		"events of the guard":                              s.guardEvents,
	} {
		require.Positive(t, count, what)
	}
	require.Greater(t, s.worstMembers, 0.25, "stake never moved so far that the guard was needed")
}

func (s *lifeSeen) add(other lifeSeen) {
	for origin, count := range other.committees {
		s.committees[origin] += count
	}
	s.returns, s.removed, s.unjails = s.returns+other.returns, s.removed+other.removed, s.unjails+other.unjails
	s.downtimes, s.doubleSigns = s.downtimes+other.downtimes, s.doubleSigns+other.doubleSigns
	s.rotations, s.memberRotations = s.rotations+other.rotations, s.memberRotations+other.memberRotations
	s.roundsDone, s.roundsFailed = s.roundsDone+other.roundsDone, s.roundsFailed+other.roundsFailed
	s.roundsMissed += other.roundsMissed
	s.refusedDealings, s.rebuilt = s.refusedDealings+other.refusedDealings, s.rebuilt+other.rebuilt
	s.beacons, s.guardEvents, s.keptBlocks = s.beacons+other.beacons, s.guardEvents+other.guardEvents, s.keptBlocks+other.keptBlocks
	s.worstMembers, s.worstLeader = max(s.worstMembers, other.worstMembers), max(s.worstLeader, other.worstLeader)
}

func TestOverTenThousandRandomBlocksTheProducersAreTheBondedLessTheMembersWithinTheGuard(t *testing.T) {
	// The lives' states are small: collecting garbage less often saves a tenth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var total lifeSeen
	total.init()
	lives := make([]*lifeSeen, lifeBlocks/lifeLength)
	t.Run("lives", func(t *testing.T) {
		for i := range lives {
			t.Run(fmt.Sprintf("seed %d", i+1), func(t *testing.T) {
				t.Parallel()
				lives[i] = live(t, int64(i+1))
			})
		}
	})
	for _, seen := range lives {
		if seen != nil {
			total.add(*seen)
		}
	}
	t.Logf("in all %+v", total)
	if !t.Failed() && !slices.Contains(lives, nil) {
		total.happened(t)
	}
}

// live makes a life's blocks, logs what happened and lets the chain go.
func live(t *testing.T, seed int64) *lifeSeen {
	t.Helper()
	l := newConsensusLife(t, seed)
	for first := l.height; l.height < first+lifeLength; {
		l.step()
	}
	l.seen.excluded, l.seen.jailed, l.seen.producing, l.seen.seatedEra = nil, nil, nil, nil
	t.Logf("%+v", l.seen)
	t.Logf("delivered %v, refused %v, last %v", l.delivered, l.refused, l.lastRefusal)
	seen := l.seen // the life is not kept
	return &seen
}
