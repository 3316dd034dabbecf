package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Seed returns the round of an era, of the newest one for 0, with all that its seed is computed of.
func (s queryServer) Seed(ctx context.Context, request *types.QuerySeedRequest) (*types.QuerySeedResponse, error) {
	round, err := s.round(ctx, request.Era)
	if err != nil {
		return nil, err
	}
	response := &types.QuerySeedResponse{ChainId: round.ChainId, Round: round}
	dealers, err := s.k.dealersOf(ctx, round.Era)
	for _, dealer := range dealers {
		response.Dealers = append(response.Dealers, dealer.Dealer)
	}
	return response, err
}

func (s queryServer) round(ctx context.Context, era uint64) (types.Round, error) {
	if era == 0 {
		iterator, err := s.k.Rounds.Iterate(ctx, new(collections.Range[uint64]).Descending())
		if err != nil {
			return types.Round{}, err
		}
		defer iterator.Close()
		if iterator.Valid() {
			return iterator.Value()
		}
		return types.Round{}, status.Error(codes.NotFound, types.ErrRoundNotFound.Wrap("there was none yet").Error())
	}
	round, found, err := maybe(ctx, s.k.Rounds, era)
	if err == nil && !found {
		err = status.Error(codes.NotFound, types.ErrRoundNotFound.Wrapf("era %d", era).Error())
	}
	return round, err
}

// Dealing returns a dealer's dealing, which is kept while the round runs, and who has decrypted shares of it.
func (s queryServer) Dealing(ctx context.Context, request *types.QueryDealingRequest) (*types.QueryDealingResponse, error) {
	operator, err := s.k.rawOperator(request.Operator)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	round, err := s.round(ctx, request.Era)
	if err != nil {
		return nil, err
	}
	dealing, found, err := maybe(ctx, s.k.Dealings, collections.Join(round.Era, operator))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Errorf(codes.NotFound, "no dealing of %s is kept in the round of era %d, which is %s", request.Operator, round.Era, round.Status)
	}
	response := &types.QueryDealingResponse{Dealing: dealing}
	ranger := collections.NewSuperPrefixedTripleRange[uint64, sdk.ValAddress, sdk.ValAddress](round.Era, operator)
	err = s.k.Decryptions.Walk(ctx, ranger,
		func(key collections.Triple[uint64, sdk.ValAddress, sdk.ValAddress], _ types.Decryption) (bool, error) {
			decryptor, err := s.k.operator(key.K3())
			response.Decryptors = append(response.Decryptors, decryptor)
			return err != nil, err
		})
	return response, err
}
