package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

var _ types.MsgServer = msgServer{}

type msgServer struct {
	k *Keeper
}

// NewMsgServer returns the module's message service.
func NewMsgServer(k *Keeper) types.MsgServer { return msgServer{k: k} }

// RegisterCandidate enters an SV in the candidate register (protocol §4).
func (s msgServer) RegisterCandidate(ctx context.Context, msg *types.MsgRegisterCandidate) (*types.MsgRegisterCandidateResponse, error) {
	err := s.k.register(ctx, registration{msg.Operator, msg.Submitter, msg.Chains, msg.Beacon})
	return &types.MsgRegisterCandidateResponse{}, err
}

// UpdateCandidate replaces a candidate's submitter and chain keys, and its beacon key if one is given.
func (s msgServer) UpdateCandidate(ctx context.Context, msg *types.MsgUpdateCandidate) (*types.MsgUpdateCandidateResponse, error) {
	err := s.k.update(ctx, registration{msg.Operator, msg.Submitter, msg.Chains, msg.Beacon})
	return &types.MsgUpdateCandidateResponse{}, err
}

// Resign takes a candidate out of the register.
func (s msgServer) Resign(ctx context.Context, msg *types.MsgResign) (*types.MsgResignResponse, error) {
	serving, err := s.k.resign(ctx, msg.Operator)
	return &types.MsgResignResponse{Serving: serving}, err
}

// Heartbeat records a relayer's sign of life (protocol §12).
func (s msgServer) Heartbeat(ctx context.Context, msg *types.MsgHeartbeat) (*types.MsgHeartbeatResponse, error) {
	return &types.MsgHeartbeatResponse{}, s.k.heartbeat(ctx, msg)
}

// Deal takes a dealing (protocol §3).
func (s msgServer) Deal(ctx context.Context, msg *types.MsgDeal) (*types.MsgDealResponse, error) {
	return &types.MsgDealResponse{}, s.k.deal(ctx, msg)
}

// Open opens a dealing's secret (protocol §3).
func (s msgServer) Open(ctx context.Context, msg *types.MsgOpen) (*types.MsgOpenResponse, error) {
	return &types.MsgOpenResponse{}, s.k.open(ctx, msg)
}

// Decrypt takes decrypted shares of a dealing that its dealer did not open (protocol §3).
func (s msgServer) Decrypt(ctx context.Context, msg *types.MsgDecrypt) (*types.MsgDecryptResponse, error) {
	return &types.MsgDecryptResponse{}, s.k.decrypt(ctx, msg)
}

// SetEraShares sets the shares of an era's reward; only the foundation may, within its window (protocol §14).
func (s msgServer) SetEraShares(ctx context.Context, msg *types.MsgSetEraShares) (*types.MsgSetEraSharesResponse, error) {
	return &types.MsgSetEraSharesResponse{}, s.k.setEraShares(ctx, msg)
}

// SpendTreasury pays from the Protocol Treasury; only the authority may (protocol §14).
func (s msgServer) SpendTreasury(ctx context.Context, msg *types.MsgSpendTreasury) (*types.MsgSpendTreasuryResponse, error) {
	return &types.MsgSpendTreasuryResponse{}, s.k.spendTreasury(ctx, msg)
}

// UpdateParams sets the parameters; only the authority may. The consensus set is projected anew, for its guard may have changed.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := sdk.ValidateAuthority(sdk.UnwrapSDKContext(ctx), s.k.authority, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := s.k.checkUnbonding(ctx, msg.Params); err != nil {
		return nil, err
	}
	if err := s.k.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, s.k.ConsensusDue.Set(ctx, true)
}
