package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Client returns whether an account's calls count, and how many were counted of them for an operator in the current era.
func (s queryServer) Client(ctx context.Context, request *types.QueryClientRequest) (*types.QueryClientResponse, error) {
	account, err := s.k.accountAddress(request.Client)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	contract, err := s.k.Contract(ctx, request.Contract)
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	params, err := s.k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	era, err := s.k.ssv.CurrentEra(ctx)
	if err != nil {
		return nil, err
	}
	held, err := s.k.held(ctx, era.Number, contract, account)
	if err != nil {
		return nil, err
	}
	wanted := contract.Limits.ClientBalance()
	response := &types.QueryClientResponse{
		Era: era.Number, Wanted: wanted, Held: held, Counts: wanted.IsPositive() && held.GTE(wanted), MaxCalls: params.MaxCallsPerClient,
	}
	if request.Operator == "" {
		return response, nil
	}
	operator, err := sdk.ValAddressFromBech32(request.Operator)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	response.Calls, _, err = maybe(ctx, s.k.clients, collections.Join4(era.Number, contract.Id, []byte(operator), []byte(account)))
	return response, err
}
