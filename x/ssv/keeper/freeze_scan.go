package keeper

import (
	"bytes"
	"context"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// measuringCost is how many candidates' evaluations reading one candidate's facts from other modules stands for, in what bounds a
// block's work: random reads cost that much more than the freeze's run through its own records.
const measuringCost = 10

// scanned is what x/ssv's own records say of one operator.
type scanned struct {
	operator sdk.ValAddress
	standing types.Standing
	// stale standings have to be measured anew, and of absent validators the missed blocks. One that was marked after the freeze began is not
	// stale to it.
	stale, absent bool
	serving       bool
	live          types.Liveness
	slash         types.SlashRecord
	bannedUntil   uint64
	// before is the account of heartbeats of the era before.
	before types.HeartbeatAccount
}

func (s scanned) cost() int {
	cost := 1
	if s.stale {
		cost += measuringCost
	}
	if s.absent {
		cost += measuringCost
	}
	return cost
}

// joined is a run through one of the maps that are keyed by operator, in step with the others.
type joined[K, V any] struct {
	iterator collections.Iterator[K, V]
	operator func(K) sdk.ValAddress
	head     sdk.ValAddress // nil at the end
}

func join[V any](ctx context.Context, m collections.Map[sdk.ValAddress, V], cursor []byte) (*joined[sdk.ValAddress, V], error) {
	var from collections.Ranger[sdk.ValAddress]
	if len(cursor) > 0 {
		from = new(collections.Range[sdk.ValAddress]).StartExclusive(cursor)
	}
	return joinRange(ctx, m, from, func(operator sdk.ValAddress) sdk.ValAddress { return operator })
}

func joinSet(ctx context.Context, set collections.KeySet[sdk.ValAddress], cursor []byte) (*joined[sdk.ValAddress, collections.NoValue], error) {
	return join(ctx, collections.Map[sdk.ValAddress, collections.NoValue](set), cursor)
}

// joinEra runs through the records of one era.
func joinEra[V any](
	ctx context.Context, m collections.Map[collections.Pair[uint64, sdk.ValAddress], V], era uint64, cursor []byte,
) (*joined[collections.Pair[uint64, sdk.ValAddress], V], error) {
	from := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era)
	if len(cursor) > 0 {
		from.StartExclusive(cursor)
	}
	return joinRange(ctx, m, from, collections.Pair[uint64, sdk.ValAddress].K2)
}

func joinRange[K, V any](
	ctx context.Context, m collections.Map[K, V], from collections.Ranger[K], operator func(K) sdk.ValAddress,
) (*joined[K, V], error) {
	iterator, err := m.Iterate(ctx, from)
	if err != nil {
		return nil, err
	}
	j := &joined[K, V]{iterator: iterator, operator: operator}
	return j, j.read()
}

func (j *joined[K, V]) read() error {
	if !j.iterator.Valid() {
		j.head = nil
		return nil
	}
	key, err := j.iterator.Key()
	j.head = j.operator(key)
	return err
}

func (j *joined[K, V]) next() error {
	j.iterator.Next()
	return j.read()
}

// at says whether there is a record of the operator, after those that were asked for before.
func (j *joined[K, V]) at(operator sdk.ValAddress) (bool, error) {
	for j.head != nil && bytes.Compare(j.head, operator) < 0 {
		if err := j.next(); err != nil {
			return false, err
		}
	}
	return j.head != nil && bytes.Equal(j.head, operator), nil
}

// read puts the operator's record, if there is one, into value and says whether there is.
func (j *joined[K, V]) value(operator sdk.ValAddress, value *V) (bool, error) {
	found, err := j.at(operator)
	if err != nil || !found {
		return false, err
	}
	*value, err = j.iterator.Value()
	return err == nil, err
}

func (j *joined[K, V]) close() error { return j.iterator.Close() }

// scan runs through all maps of x/ssv that say something of a candidate at once, in order of operator: each is read in the order in
// which it lies on disk, and none at random.
type scan struct {
	// begun is the height of the freeze's first block.
	begun      int64
	standings  *joined[sdk.ValAddress, types.Standing]
	unmeasured *joined[sdk.ValAddress, int64]
	absentees  *joined[sdk.ValAddress, collections.NoValue]
	excluded   *joined[sdk.ValAddress, collections.NoValue]
	liveness   *joined[sdk.ValAddress, types.Liveness]
	slashes    *joined[sdk.ValAddress, types.SlashRecord]
	bans       *joined[sdk.ValAddress, uint64]
	before     *joined[collections.Pair[uint64, sdk.ValAddress], types.HeartbeatAccount]
}

// scanAfter visits the operators after a freeze's cursor, until their cost reaches budget, and says whether they are all that are left. The
// visits must not write: what they run through is being iterated.
func (k Keeper) scanAfter(ctx context.Context, freeze types.Freeze, budget int, visit func(scanned) error) (last bool, err error) {
	s := &scan{begun: freeze.Begun}
	defer func() {
		if closing := s.close(); err == nil {
			err = closing
		}
	}()
	if err := s.open(ctx, k, freeze.Era, freeze.Cursor); err != nil {
		return false, err
	}
	for cost := 0; cost < budget && s.head() != nil; {
		found, err := s.take(slices.Clone(s.head()))
		if err != nil {
			return false, err
		}
		if err := visit(found); err != nil {
			return false, err
		}
		cost += found.cost()
	}
	return s.head() == nil, nil
}

func (s *scan) open(ctx context.Context, k Keeper, era uint64, cursor []byte) (err error) {
	if s.standings, err = join(ctx, k.Standings, cursor); err != nil {
		return err
	}
	if s.unmeasured, err = join(ctx, k.Unmeasured, cursor); err != nil {
		return err
	}
	if s.absentees, err = joinSet(ctx, k.Absentees, cursor); err != nil {
		return err
	}
	if s.excluded, err = joinSet(ctx, k.Excluded, cursor); err != nil {
		return err
	}
	if s.liveness, err = join(ctx, k.Liveness, cursor); err != nil {
		return err
	}
	if s.slashes, err = join(ctx, k.SlashRecords, cursor); err != nil {
		return err
	}
	if s.bans, err = join(ctx, k.Bans, cursor); err != nil {
		return err
	}
	s.before, err = joinEra(ctx, k.HeartbeatAccounts, era-1, cursor)
	return err
}

// head is the next operator of whom there is a standing, or that is marked and may have one.
func (s *scan) head() sdk.ValAddress {
	known, marked := s.standings.head, s.unmeasured.head
	if known == nil || marked != nil && bytes.Compare(marked, known) < 0 {
		return marked
	}
	return known
}

func (s *scan) take(operator sdk.ValAddress) (scanned, error) {
	found := scanned{operator: operator}
	var err error
	if _, err = s.standings.value(operator, &found.standing); err != nil {
		return found, err
	}
	marked := int64(0)
	if found.stale, err = s.unmeasured.value(operator, &marked); err != nil {
		return found, err
	}
	found.stale = found.stale && marked <= s.begun
	if found.absent, err = s.absentees.at(operator); err != nil {
		return found, err
	}
	if found.serving, err = s.excluded.at(operator); err != nil {
		return found, err
	}
	if _, err = s.liveness.value(operator, &found.live); err != nil {
		return found, err
	}
	if _, err = s.slashes.value(operator, &found.slash); err != nil {
		return found, err
	}
	if _, err = s.bans.value(operator, &found.bannedUntil); err != nil {
		return found, err
	}
	if _, err = s.before.value(operator, &found.before); err != nil {
		return found, err
	}
	return found, s.pass(operator)
}

// pass moves on to the next operator.
func (s *scan) pass(operator sdk.ValAddress) error {
	for _, run := range []interface {
		at(sdk.ValAddress) (bool, error)
		next() error
	}{s.standings, s.unmeasured} {
		here, err := run.at(operator)
		if err != nil {
			return err
		}
		if here {
			if err := run.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// close closes what was opened.
func (s *scan) close() error {
	var first error
	for _, close := range []func() error{
		closing(s.standings), closing(s.unmeasured), closing(s.absentees), closing(s.excluded), closing(s.liveness),
		closing(s.slashes), closing(s.bans), closing(s.before),
	} {
		if err := close(); first == nil {
			first = err
		}
	}
	return first
}

func closing[K, V any](j *joined[K, V]) func() error {
	return func() error {
		if j == nil {
			return nil
		}
		return j.close()
	}
}
