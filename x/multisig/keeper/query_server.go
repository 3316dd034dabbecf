package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

type queryServer struct{ keeper Keeper }

// NewQueryServer returns the module's query service.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{keeper: k} }

var errEmptyRequest = status.Error(codes.InvalidArgument, "empty request")

// Params returns the parameters.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.Params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

// Vault returns a vault generation with its signers.
func (s queryServer) Vault(ctx context.Context, req *types.QueryVaultRequest) (*types.QueryVaultResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	vault, err := s.keeper.Vault(ctx, req.Id)
	if err != nil {
		return nil, notFound(err)
	}
	signers, err := s.keeper.VaultSigners(ctx, req.Id)
	return &types.QueryVaultResponse{Vault: vault, Signers: signers}, err
}

// Vaults returns a contract's vaults, oldest first, or all of them.
func (s queryServer) Vaults(ctx context.Context, req *types.QueryVaultsRequest) (*types.QueryVaultsResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	if req.Contract == 0 {
		vaults, page, err := query.CollectionPaginate(ctx, s.keeper.vaults, req.Pagination,
			func(_ uint64, vault types.Vault) (types.Vault, error) { return vault, nil })
		return &types.QueryVaultsResponse{Vaults: vaults, Pagination: page}, err
	}
	vaults, page, err := query.CollectionPaginate(ctx, s.keeper.vaultContract, req.Pagination,
		func(key collections.Pair[uint64, uint64], _ collections.NoValue) (types.Vault, error) {
			return s.keeper.Vault(ctx, key.K2())
		},
		query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Contract))
	return &types.QueryVaultsResponse{Vaults: vaults, Pagination: page}, err
}

// Session returns a session with its tally, payload and what each signer did.
func (s queryServer) Session(ctx context.Context, req *types.QuerySessionRequest) (*types.QuerySessionResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	session, tally, err := s.keeper.Session(ctx, req.Id)
	if err != nil {
		return nil, notFound(err)
	}
	payload, err := s.keeper.payloads.Get(ctx, req.Id)
	if err != nil {
		return nil, err
	}
	signers, err := s.sessionSigners(ctx, session)
	return &types.QuerySessionResponse{Session: session, Tally: tally, Payload: payload, Signers: signers}, err
}

func (s queryServer) sessionSigners(ctx context.Context, session types.Session) ([]types.SessionSigner, error) {
	signers, err := s.keeper.VaultSigners(ctx, session.Vault)
	if err != nil {
		return nil, err
	}
	parts := make([]types.SessionSigner, len(signers))
	for i, signer := range signers {
		signature, wrong, err := s.keeper.MemberSignature(ctx, session.Id, signer.Index)
		if err != nil {
			return nil, err
		}
		parts[i] = types.SessionSigner{Operator: signer.Operator, Signed: signature != nil, Wrong: wrong}
	}
	return parts, nil
}

// Sessions returns the sessions that are kept, newest first, or oldest first where the request's pagination is reversed.
func (s queryServer) Sessions(ctx context.Context, req *types.QuerySessionsRequest) (*types.QuerySessionsResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	page := query.PageRequest{}
	if req.Pagination != nil {
		page = *req.Pagination
	}
	page.Reverse = !page.Reverse
	sessions, next, err := query.CollectionPaginate(ctx, s.keeper.sessions, &page,
		func(id uint64, session types.Session) (types.SessionInfo, error) {
			tally, err := s.keeper.tallies.Get(ctx, id)
			return types.SessionInfo{Session: session, Tally: tally}, err
		})
	return &types.QuerySessionsResponse{Sessions: sessions, Pagination: next}, err
}

// PendingSessions returns the sessions that take signatures in the next block, that the operator is a member of and has not
// signed, soonest to expire first. It reads the due queue, which holds unsettled sessions only.
func (s queryServer) PendingSessions(ctx context.Context, req *types.QueryPendingSessionsRequest) (*types.QueryPendingSessionsResponse, error) {
	if req == nil || req.Operator == "" {
		return nil, status.Error(codes.InvalidArgument, "no operator")
	}
	next := sdk.UnwrapSDKContext(ctx).BlockHeight() + 1
	response := new(types.QueryPendingSessionsResponse)
	err := s.keeper.due.Walk(ctx, new(collections.Range[collections.Pair[int64, uint64]]).
		StartInclusive(collections.Join(next, uint64(0))), func(key collections.Pair[int64, uint64]) (bool, error) {
		session, tally, err := s.keeper.Session(ctx, key.K2())
		if err != nil {
			return true, err
		}
		pending, err := s.isPending(ctx, session, req.Operator)
		if pending {
			response.Sessions = append(response.Sessions, types.SessionInfo{Session: session, Tally: tally})
		}
		return err != nil, err
	})
	return response, err
}

func (s queryServer) isPending(ctx context.Context, session types.Session, operator string) (bool, error) {
	index, member, err := s.keeper.SignerIndex(ctx, session.Vault, operator)
	if err != nil || !member {
		return false, err
	}
	signed, err := s.keeper.signatures.Has(ctx, collections.Join(session.Id, index))
	return !signed, err
}

// LiveSessions returns the newest attempt of every unfinished series, by vault, and the signed one before it.
func (s queryServer) LiveSessions(ctx context.Context, _ *types.QueryLiveSessionsRequest) (*types.QueryLiveSessionsResponse, error) {
	response := new(types.QueryLiveSessionsResponse)
	err := s.keeper.series.Walk(ctx, nil, func(_ uint64, series types.Series) (bool, error) {
		session, tally, err := s.keeper.Session(ctx, series.Latest)
		response.Sessions = append(response.Sessions, types.SessionInfo{Session: session, Tally: tally})
		if err != nil || series.Signed == 0 {
			return err != nil, err
		}
		session, tally, err = s.keeper.Session(ctx, series.Signed)
		response.Signed = append(response.Signed, types.SessionInfo{Session: session, Tally: tally})
		return err != nil, err
	})
	return response, err
}

// SignedTransaction returns the complete transaction of a session that reached its threshold.
func (s queryServer) SignedTransaction(ctx context.Context, req *types.QuerySignedTransactionRequest) (*types.QuerySignedTransactionResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	transaction, hash, err := s.keeper.SignedTransaction(ctx, req.Id)
	if err != nil {
		return nil, notFound(err)
	}
	return &types.QuerySignedTransactionResponse{Transaction: transaction, Hash: hash}, nil
}

// SessionOfDigest returns the first attempt of its series that asked for a digest: the same whenever it is asked, as long as the series is
// unfinished, whichever attempts follow.
func (s queryServer) SessionOfDigest(ctx context.Context, req *types.QuerySessionOfDigestRequest) (*types.QuerySessionOfDigestResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	id, found, err := s.keeper.SessionOfDigest(ctx, req.Digest)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notFound(types.ErrSessionNotFound.Wrapf("no session asked for digest %X", req.Digest))
	}
	session, _, err := s.keeper.Session(ctx, id)
	return &types.QuerySessionOfDigestResponse{Session: session}, notFound(err)
}
