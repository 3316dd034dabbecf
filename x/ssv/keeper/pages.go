package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func (k Keeper) setPage(ctx context.Context, era uint64, rows []pool.Row, chains int) error {
	page, err := pool.Pack(rows, chains)
	if err != nil {
		return err
	}
	return k.PoolPages.Set(ctx, collections.Join(era, sdk.ValAddress(rows[0].Operator)), page)
}

// frozenPool is a pool in order of operator.
type frozenPool struct {
	chains []string
	pages  []pool.Page
	starts []int // index of each page's first entry
	count  int
}

// frozenPool reads the pool of a freeze, as far as it is.
func (k Keeper) frozenPool(ctx context.Context, freeze types.Freeze) (frozenPool, error) {
	frozen := frozenPool{chains: pool.Chains(freeze.Demands)}
	ranger := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](freeze.Era)
	err := k.PoolPages.Walk(ctx, ranger, func(key collections.Pair[uint64, sdk.ValAddress], packed types.PoolPage) (bool, error) {
		if err := frozen.add(packed); err != nil {
			return true, fmt.Errorf("page %x of era %d: %w", key.K2(), key.K1(), err)
		}
		return false, nil
	})
	return frozen, err
}

// add adds a page after those that there are.
func (f *frozenPool) add(packed types.PoolPage) error {
	page, err := pool.Unpack(packed, len(f.chains))
	if err != nil {
		return err
	}
	f.pages, f.starts = append(f.pages, page), append(f.starts, f.count)
	f.count += page.Len()
	return nil
}

// page returns the page that entry i is on, and its place there.
func (f frozenPool) page(i int) (pool.Page, int) {
	low, high := 0, len(f.starts)
	for high-low > 1 {
		if middle := (low + high) / 2; f.starts[middle] <= i {
			low = middle
		} else {
			high = middle
		}
	}
	return f.pages[low], i - f.starts[low]
}

func (f frozenPool) operator(i int) sdk.ValAddress {
	page, place := f.page(i)
	return page.Operator(place)
}

func (f frozenPool) weight(i int) uint64 {
	page, place := f.page(i)
	return page.Weight(place)
}

// signer returns entry i's key for the chain, or nil where it does not serve it or no contract of the freeze is there.
func (f frozenPool) signer(i int, chainID string) []byte {
	page, place := f.page(i)
	for number, chain := range f.chains {
		if chain == chainID {
			return page.Signer(place, number)
		}
	}
	return nil
}

// poolEntry returns entry i in words, with its keys for the chains on which contracts want an election.
func (k Keeper) poolEntry(f frozenPool, i int) (types.PoolEntry, error) {
	page, place := f.page(i)
	operator, err := k.operator(page.Operator(place))
	entry := types.PoolEntry{Operator: operator, Weight: page.Weight(place), Resting: page.Resting(place)}
	for number, chain := range f.chains {
		if signer := page.Signer(place, number); signer != nil {
			entry.Chains = append(entry.Chains, types.ChainKey{ChainId: chain, Signer: signer})
		}
	}
	return entry, err
}

// poolEntries returns a frozen pool in words.
func (k Keeper) poolEntries(ctx context.Context, freeze types.Freeze) ([]types.PoolEntry, error) {
	frozen, err := k.frozenPool(ctx, freeze)
	if err != nil {
		return nil, err
	}
	var entries []types.PoolEntry
	for i := range frozen.count {
		entry, err := k.poolEntry(frozen, i)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// SetPool writes a frozen pool, in order of raw operator, instead of the one that there was. Keys for chains that no demand of the freeze
// names are dropped.
func (k Keeper) SetPool(ctx context.Context, freeze types.Freeze, entries []types.PoolEntry) error {
	t := &tally{freeze: freeze, chains: pool.Chains(freeze.Demands)}
	for _, entry := range entries {
		operator, err := k.rawOperator(entry.Operator)
		if err != nil {
			return err
		}
		t.rows = append(t.rows, pool.Row{
			Operator: operator, Weight: entry.Weight, Resting: entry.Resting, Signers: signers(standingKeys(entry.Chains), t.chains),
		})
		t.top = pool.KeepGreatest(t.top, entry.Weight, maxTopWeights)
	}
	if err := k.PoolPages.Clear(ctx, collections.NewPrefixedPairRange[uint64, sdk.ValAddress](freeze.Era)); err != nil {
		return err
	}
	return k.writeTally(ctx, t)
}

// candidates returns the pool as the election takes it. Candidates that serve the same chains share the list of them.
func (f frozenPool) candidates() []election.Candidate {
	candidates := make([]election.Candidate, 0, f.count)
	lists := map[string][]string{}
	for _, page := range f.pages {
		for i := range page.Len() {
			chains, known := lists[string(page.ChainMarks(i))]
			if !known {
				chains = f.served(page, i)
				lists[string(page.ChainMarks(i))] = chains
			}
			candidates = append(candidates, election.Candidate{
				Operator: page.Operator(i), Weight: page.Weight(i), Chains: chains, Resting: page.Resting(i),
			})
		}
	}
	return candidates
}

func (f frozenPool) served(page pool.Page, i int) []string {
	var chains []string
	for number, chain := range f.chains {
		if page.Signer(i, number) != nil {
			chains = append(chains, chain)
		}
	}
	return chains
}
