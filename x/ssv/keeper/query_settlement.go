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

// formerEra returns the number of an era, of the one before the current for 0.
func (k Keeper) formerEra(ctx context.Context, number uint64) (uint64, error) {
	if number > 0 {
		return number, nil
	}
	current, err := k.CurrentEra(ctx)
	if err != nil || current.Number == firstEra {
		return 0, err
	}
	return current.Number - 1, nil
}

// Settlements returns who had which fault in an era, and what it cost, in order of vault generation.
func (s queryServer) Settlements(ctx context.Context, request *types.QuerySettlementsRequest) (*types.QuerySettlementsResponse, error) {
	era, err := s.k.formerEra(ctx, request.Era)
	if err != nil {
		return nil, err
	}
	response := &types.QuerySettlementsResponse{Era: era}
	if response.Due, err = ofEra(ctx, s.k.DueVaults, era); err != nil {
		return nil, err
	}
	if response.Settlements, err = ofEra(ctx, s.k.Settlements, era); err != nil {
		return nil, err
	}
	response.Slashes, err = ofEra(ctx, s.k.PendingSlashes, era)
	return response, err
}

func ofEra[V any](ctx context.Context, m byEraVault[V], era uint64) ([]V, error) {
	iterator, err := m.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](era))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// Statement returns an era's reward and, page by page in order of operator, who earned what for what.
func (s queryServer) Statement(ctx context.Context, request *types.QueryStatementRequest) (*types.QueryStatementResponse, error) {
	era, err := s.k.formerEra(ctx, request.Era)
	if err != nil {
		return nil, err
	}
	reward, found, err := maybe(ctx, s.k.EraRewards, era)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrStatementNotFound.Wrapf("era %d", era).Error())
	}
	earnings, page, err := query.CollectionPaginate(ctx, s.k.Earnings, request.Pagination,
		func(_ collections.Pair[uint64, sdk.ValAddress], earning types.Earning) (types.Earning, error) {
			return earning, nil
		},
		query.WithCollectionPaginationPairPrefix[uint64, sdk.ValAddress](era),
	)
	return &types.QueryStatementResponse{Reward: reward, Earnings: earnings, Pagination: page}, err
}
