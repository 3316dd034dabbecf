package keeper

import (
	"bytes"
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// poolEntriesPage returns a page of a frozen pool in order of operator, or from the last where the request says reverse; its key is the
// raw operator to begin with.
func (k Keeper) poolEntriesPage(ctx context.Context, freeze types.Freeze, request *query.PageRequest) ([]types.PoolEntry, *query.PageResponse, error) {
	frozen, err := k.frozenPool(ctx, freeze)
	if err != nil {
		return nil, nil, err
	}
	span, err := newSpan(request, frozen.count, func(key []byte) int { return frozen.find(key) })
	if err != nil {
		return nil, nil, err
	}
	entries := make([]types.PoolEntry, 0, len(span.indices))
	for _, i := range span.indices {
		entry, err := k.poolEntry(frozen, i)
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, entry)
	}
	response := &query.PageResponse{Total: span.total}
	if span.next >= 0 {
		response.NextKey = frozen.operator(span.next)
	}
	return entries, response, nil
}

// find returns the index of the first entry that is not before the operator.
func (f frozenPool) find(operator []byte) int {
	low, high := 0, f.count
	for low < high {
		middle := (low + high) / 2
		if bytes.Compare(f.operator(middle), operator) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// span is the part of a list that a page request asks for.
type span struct {
	indices []int
	// next is the index that the next page begins with, −1 after the last.
	next  int
	total uint64 // 0 unless asked for
}

// newSpan works out the part of a list of count records that a request asks for; find gives the index of a key. Without a key the total
// is given where the request counts it or is nil.
func newSpan(request *query.PageRequest, count int, find func(key []byte) int) (span, error) {
	if request == nil {
		request = &query.PageRequest{CountTotal: true}
	}
	if request.Key != nil && request.Offset > 0 {
		return span{}, status.Error(codes.InvalidArgument, "page request has a key and an offset, want one of them")
	}
	limit := request.Limit
	if limit == 0 {
		limit = query.DefaultLimit
	}
	step, at := 1, 0
	if request.Reverse {
		step, at = -1, count-1
	}
	s := span{next: -1}
	if request.Key != nil {
		at = find(request.Key)
	} else {
		at += step * int(min(request.Offset, uint64(count)))
		if request.CountTotal {
			s.total = uint64(count)
		}
	}
	for ; at >= 0 && at < count && uint64(len(s.indices)) < limit; at += step {
		s.indices = append(s.indices, at)
	}
	if at >= 0 && at < count {
		s.next = at
	}
	return s, nil
}
