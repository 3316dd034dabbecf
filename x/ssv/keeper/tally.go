package keeper

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxTopWeights is how many of a pool's greatest weights are kept beside it: more than the seats of a hundred contracts.
const maxTopWeights = 4096

// tally is what a block adds to a freeze.
type tally struct {
	freeze  types.Freeze
	era     types.Era
	height  int64
	bounds  pool.Bounds
	dealers int
	chains  []string
	rows    []pool.Row
	top     []uint64
	// measured are standings that were not up to date, and present are those who are no absentees any more.
	measured []measured
	present  []sdk.ValAddress
}

type measured struct {
	operator sdk.ValAddress
	standing types.Standing
}

func (k Keeper) newTally(ctx context.Context, freeze types.Freeze, params types.Params) (*tally, error) {
	s, err := k.newSurvey(ctx)
	if err != nil {
		return nil, err
	}
	top, _, err := maybe(ctx, k.PoolTops, freeze.Era)
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	return &tally{
		freeze: freeze, era: s.era, height: height,
		bounds:  pool.NewBounds(params, freeze.Era, height, s.bondedPower, s.window),
		dealers: int(params.BeaconSize), chains: pool.Chains(freeze.Demands), top: top.Weights,
	}, err
}

// judge measures what is not up to date of an operator and puts it in the pool, or among the other bonded validators, or nowhere.
func (k Keeper) judge(ctx context.Context, t *tally, s scanned) error {
	t.freeze.Cursor = s.operator
	missed := int64(0)
	var err error
	if s.stale {
		if s.standing, err = k.measureStanding(ctx, s.operator); err != nil {
			return err
		}
		t.measured = append(t.measured, measured{s.operator, s.standing})
	}
	if s.absent {
		if missed, err = k.missedBlocks(ctx, s.operator); err != nil {
			return err
		}
		if missed == 0 {
			t.present = append(t.present, s.operator)
		}
	}
	t.add(s, missed)
	return nil
}

// add counts an operator. What the power guard reads is the power of all bonded validators, how many they are, and the greatest power
// outside the pool.
func (t *tally) add(s scanned, missed int64) {
	admitted := s.standing.Candidate && t.bounds.Admits(t.facts(s, missed))
	if s.standing.Candidate {
		t.freeze.Evaluated++
	}
	if s.standing.Bonded {
		t.freeze.BondedPower += s.standing.Weight
		t.freeze.Producers++
		if !admitted {
			t.freeze.LargestOther = max(t.freeze.LargestOther, s.standing.Weight)
		}
	}
	if admitted {
		t.admit(s)
	}
}

func (t *tally) admit(s scanned) {
	t.freeze.Admitted++
	t.freeze.PoolWeight += s.standing.Weight
	t.rows = append(t.rows, pool.Row{
		Operator: s.operator, Weight: s.standing.Weight, Resting: s.serving, Signers: signers(s.standing.Keys, t.chains),
	})
	t.top = pool.KeepGreatest(t.top, s.standing.Weight, maxTopWeights)
	if key := pool.BeaconKey(s.standing, t.freeze.Era); key != nil {
		t.freeze.Heaviest = pool.KeepHeaviest(t.freeze.Heaviest, types.DealerCandidate{
			Operator: s.operator, Weight: s.standing.Weight, BeaconKey: key,
		}, t.dealers)
	}
}

// facts takes the era before into account too, so that a member is judged by it while it rests.
func (t *tally) facts(s scanned, missed int64) pool.Facts {
	facts := pool.Facts{
		Stake: s.standing.Stake, SelfRatio: s.standing.SelfRatio, Weight: s.standing.Weight,
		Bonded: s.standing.Bonded, Resigned: s.standing.Resigned, Signs: s.standing.Signs,
		Created: s.standing.Created, CreatedKnown: s.standing.CreatedKnown, Missed: missed,
		HeartbeatsDue: s.before.Due, HeartbeatsSent: s.before.Sent,
		Slashed: s.slash.Era, BannedUntil: s.bannedUntil, Chains: len(s.standing.Keys), LastSeen: s.live.Height,
	}
	if s.serving {
		due, sent := heartbeats(t.era, t.height, s.live)
		facts.HeartbeatsDue, facts.HeartbeatsSent = facts.HeartbeatsDue+due, facts.HeartbeatsSent+sent
	}
	return facts
}

// heartbeats returns how many heartbeats of an era were due of a member at a height, and how many of them it sent.
func heartbeats(era types.Era, height int64, live types.Liveness) (due, sent uint64) {
	due = intervalsOver(era, height)
	return due, min(sentIn(live, era.Number), due)
}

// sentIn returns in how many heartbeat intervals of an era an operator gave a sign of life; it is known of the newest two that had one.
func sentIn(live types.Liveness, era uint64) uint64 {
	switch era {
	case live.Era:
		return live.Sent
	case live.FormerEra:
		return live.FormerSent
	}
	return 0
}

// signers returns the keys for chains in order of id, nil where there is none; the keys are in that order too.
func signers(keys []types.StandingKey, chains []string) [][]byte {
	signers := make([][]byte, len(chains))
	for i, chain := range chains {
		for len(keys) > 0 && keys[0].ChainId < chain {
			keys = keys[1:]
		}
		if len(keys) > 0 && keys[0].ChainId == chain {
			signers[i] = keys[0].Signer
		}
	}
	return signers
}

// writeTally writes the block's entries, as pages that begin where the block did, the greatest weights, and what was measured anew.
func (k Keeper) writeTally(ctx context.Context, t *tally) error {
	for _, m := range t.measured {
		if err := k.setStanding(ctx, m.operator, m.standing); err != nil {
			return err
		}
	}
	for _, operator := range t.present {
		if err := k.Absentees.Remove(ctx, operator); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(t.rows, pool.PageSize) {
		if err := k.setPage(ctx, t.freeze.Era, page, len(t.chains)); err != nil {
			return err
		}
	}
	return k.PoolTops.Set(ctx, t.freeze.Era, types.PoolTop{Weights: t.top})
}
