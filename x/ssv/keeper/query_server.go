package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

var _ types.QueryServer = queryServer{}

type queryServer struct {
	*types.UnimplementedQueryServer
	k *Keeper
}

// NewQueryServer returns the module's query service.
func NewQueryServer(k *Keeper) types.QueryServer { return queryServer{k: k} }

// Params returns the parameters.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.GetParams(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

// Era returns the record of an era, of the current one for number 0.
func (s queryServer) Era(ctx context.Context, request *types.QueryEraRequest) (*types.QueryEraResponse, error) {
	current, err := s.k.CurrentEra(ctx)
	if err != nil {
		return nil, err
	}
	number := orCurrent(request.Number, current)
	record, found, err := maybe(ctx, s.k.EraRecords, number)
	if err != nil {
		return nil, err
	}
	if !found && number == current.Number {
		record, found = types.EraRecord{Era: current}, true
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrEraNotFound.Wrapf("%d, current is %d", number, current.Number).Error())
	}
	response := &types.QueryEraResponse{Record: record, Current: current.Number}
	if transition, found, err := maybeItem(ctx, s.k.Transition); err != nil {
		return nil, err
	} else if found {
		response.Transition = &transition
	}
	return response, nil
}

func orCurrent(number uint64, current types.Era) uint64 {
	if number == 0 {
		return current.Number
	}
	return number
}

// Candidate returns a candidate with every criterion.
func (s queryServer) Candidate(ctx context.Context, request *types.QueryCandidateRequest) (*types.QueryCandidateResponse, error) {
	operator, candidate, err := s.k.candidate(ctx, request.Operator)
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	survey, err := s.k.newSurvey(ctx)
	if err != nil {
		return nil, err
	}
	committees, err := s.k.PresentCommittees(ctx)
	if err != nil {
		return nil, err
	}
	info, err := s.k.candidateInfo(ctx, survey, committees, operator, candidate)
	return &types.QueryCandidateResponse{Info: info}, err
}

// Candidates returns the register, page by page, with every criterion of each candidate.
func (s queryServer) Candidates(ctx context.Context, request *types.QueryCandidatesRequest) (*types.QueryCandidatesResponse, error) {
	survey, err := s.k.newSurvey(ctx)
	if err != nil {
		return nil, err
	}
	committees, err := s.k.PresentCommittees(ctx)
	if err != nil {
		return nil, err
	}
	infos, page, err := query.CollectionPaginate(ctx, s.k.Candidates, request.Pagination,
		func(operator sdk.ValAddress, candidate types.Candidate) (types.CandidateInfo, error) {
			return s.k.candidateInfo(ctx, survey, committees, operator, candidate)
		})
	return &types.QueryCandidatesResponse{Candidates: infos, Pagination: page}, err
}

// candidateInfo says where a candidate stands now.
func (k Keeper) candidateInfo(
	ctx context.Context, s survey, committees []types.Committee, operator sdk.ValAddress, candidate types.Candidate,
) (types.CandidateInfo, error) {
	measured, err := k.measure(ctx, s, operator, candidate)
	if err != nil {
		return types.CandidateInfo{}, err
	}
	criteria := pool.Criteria(measured, s.params)
	info := types.CandidateInfo{
		Candidate: candidate, Criteria: criteria, Eligible: pool.Eligible(criteria), Weight: measured.Weight,
	}
	for _, committee := range committees {
		if committee.MemberIndex(candidate.Operator) >= 0 {
			info.Contracts = append(info.Contracts, committee.Contract)
		}
	}
	heartbeat, found, err := maybe(ctx, k.Heartbeats, operator)
	if err != nil {
		return info, err
	}
	if found || measured.LastSeen > 0 {
		heartbeat.Operator = candidate.Operator
		heartbeat.Height = max(heartbeat.Height, measured.LastSeen)
		info.Heartbeat = &heartbeat
	}
	return info, nil
}

// Submitter returns the operator for which an account submits.
func (s queryServer) Submitter(ctx context.Context, request *types.QuerySubmitterRequest) (*types.QuerySubmitterResponse, error) {
	submitter, err := s.k.addresses.StringToBytes(request.Submitter)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	operator, found, err := s.k.OperatorOf(ctx, submitter)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrSubmitterNotFound.Wrap(request.Submitter).Error())
	}
	return &types.QuerySubmitterResponse{Operator: operator}, nil
}

// Pool returns the pool frozen for the election at the end of an era; for era 0 the newest, which is the current era's or the one
// before.
func (s queryServer) Pool(ctx context.Context, request *types.QueryPoolRequest) (*types.QueryPoolResponse, error) {
	freeze, err := s.freeze(ctx, request.Era)
	if err != nil {
		return nil, err
	}
	entries, page, err := s.k.poolEntriesPage(ctx, freeze, request.Pagination)
	return &types.QueryPoolResponse{Freeze: freeze, Entries: entries, Pagination: page}, err
}

func (s queryServer) freeze(ctx context.Context, era uint64) (types.Freeze, error) {
	eras := []uint64{era}
	if era == 0 {
		current, err := s.k.CurrentEra(ctx)
		if err != nil {
			return types.Freeze{}, err
		}
		eras = []uint64{current.Number, current.Number - 1}
	}
	for _, era := range eras {
		freeze, found, err := maybe(ctx, s.k.Freezes, era)
		if err != nil || found {
			return freeze, err
		}
	}
	return types.Freeze{}, status.Error(codes.NotFound, types.ErrPoolNotFound.Wrapf("era %d", eras[0]).Error())
}

// Committees returns the committees of an era in order of contract: for era 0 those that serve now, which may be those of the
// era before while an era's change is not finished.
func (s queryServer) Committees(ctx context.Context, request *types.QueryCommitteesRequest) (*types.QueryCommitteesResponse, error) {
	if request.Era == 0 {
		current, err := s.k.CurrentEra(ctx)
		if err != nil {
			return nil, err
		}
		committees, err := s.k.PresentCommittees(ctx)
		return &types.QueryCommitteesResponse{Era: current.Number, Committees: committees}, err
	}
	iterator, err := s.k.Committees.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](request.Era))
	if err != nil {
		return nil, err
	}
	committees, err := iterator.Values()
	return &types.QueryCommitteesResponse{Era: request.Era, Committees: committees}, err
}

// ConsensusSet returns the producers as last sent to CometBFT and the excluded operators.
func (s queryServer) ConsensusSet(ctx context.Context, _ *types.QueryConsensusSetRequest) (*types.QueryConsensusSetResponse, error) {
	producers, err := s.k.Producers(ctx)
	if err != nil {
		return nil, err
	}
	excluded, err := s.k.excludedTexts(ctx)
	return &types.QueryConsensusSetResponse{Producers: producers, Excluded: excluded}, err
}

// Duties returns an operator's accounts of duty in an era, of the current one for 0.
func (s queryServer) Duties(ctx context.Context, request *types.QueryDutiesRequest) (*types.QueryDutiesResponse, error) {
	operator, err := s.k.rawOperator(request.Operator)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	current, err := s.k.CurrentEra(ctx)
	if err != nil {
		return nil, err
	}
	response := &types.QueryDutiesResponse{Era: orCurrent(request.Era, current)}
	ranger := collections.NewSuperPrefixedTripleRange[uint64, sdk.ValAddress, uint64](response.Era, operator)
	iterator, err := s.k.DutyAccounts.Iterate(ctx, ranger)
	if err != nil {
		return nil, err
	}
	if response.Accounts, err = iterator.Values(); err != nil {
		return nil, err
	}
	if response.Calls, err = s.k.CallsOf(ctx, response.Era, operator); err != nil {
		return nil, err
	}
	if response.Costs, err = s.k.faultCosts(ctx, response.Era, operator, request.Operator); err != nil {
		return nil, err
	}
	refunds, found, err := maybe(ctx, s.k.RefundAccounts, collections.Join(response.Era, sdk.ValAddress(operator)))
	if err != nil {
		return nil, err
	}
	if found {
		response.Refunds = &refunds
	}
	heartbeats, found, err := s.k.heartbeatAccount(ctx, current, response.Era, operator)
	if found {
		response.Heartbeats = heartbeats
	}
	return response, err
}

// heartbeatAccount returns an era's settled account, or where a member stands in the current era.
func (k Keeper) heartbeatAccount(
	ctx context.Context, current types.Era, era uint64, operator sdk.ValAddress,
) (types.HeartbeatAccount, bool, error) {
	if era != current.Number {
		return maybe(ctx, k.HeartbeatAccounts, collections.Join(era, operator))
	}
	serving, err := k.Excluded.Has(ctx, operator)
	if err != nil || !serving {
		return types.HeartbeatAccount{}, false, err
	}
	account, err := k.heartbeatsOf(ctx, current, sdk.UnwrapSDKContext(ctx).BlockHeight(), operator)
	return account, err == nil, err
}
