package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Evils returns the deeds of an operator, or of all, that were punished, page by page in order of vault generation, operator, deed and term. It reads
// all deeds, of which there are few: each cost a tenth of a stake.
func (s queryServer) Evils(ctx context.Context, request *types.QueryEvilsRequest) (*types.QueryEvilsResponse, error) {
	var wanted func(evilKey, types.Evil) (bool, error)
	if request.Operator != "" {
		operator, err := s.k.rawOperator(request.Operator)
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		wanted = func(k evilKey, _ types.Evil) (bool, error) { return k.K2().Equals(operator), nil }
	}
	evils, page, err := query.CollectionFilteredPaginate(ctx, s.k.Evils, request.Pagination, wanted,
		func(_ evilKey, evil types.Evil) (types.Evil, error) { return evil, nil })
	return &types.QueryEvilsResponse{Evils: evils, Pagination: page}, err
}

// Evictions returns the members of a contract's committee, or of all, that are to give their seats to standbys, page by page in order of contract
// and operator. Who is to be replaced is so at the same block's end: what is seen here waits, for the next committee or for a standby.
func (s queryServer) Evictions(ctx context.Context, request *types.QueryEvictionsRequest) (*types.QueryEvictionsResponse, error) {
	type key = collections.Pair[uint64, sdk.ValAddress]
	var within []func(*query.CollectionsPaginateOptions[key])
	if request.Contract != 0 {
		within = append(within, query.WithCollectionPaginationPairPrefix[uint64, sdk.ValAddress](request.Contract))
	}
	evictions, page, err := query.CollectionPaginate(ctx, s.k.Evictions, request.Pagination,
		func(_ key, eviction types.Eviction) (types.Eviction, error) { return eviction, nil }, within...)
	return &types.QueryEvictionsResponse{Evictions: evictions, Pagination: page}, err
}
