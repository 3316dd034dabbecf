package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

type msgServer struct{ keeper Keeper }

// NewMsgServer returns the module's message service.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{keeper: k} }

// SubmitSignatures finds the operator that the sender submits for and records its signatures.
func (s msgServer) SubmitSignatures(ctx context.Context, msg *types.MsgSubmitSignatures) (*types.MsgSubmitSignaturesResponse, error) {
	submitter, err := sdk.AccAddressFromBech32(msg.Submitter)
	if err != nil {
		return nil, sdkerrors.ErrInvalidAddress.Wrapf("submitter: %s", err)
	}
	operator, found, err := s.keeper.submitters.OperatorOf(ctx, submitter)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, types.ErrNotMember.Wrapf("%s is the submitter of no operator", msg.Submitter)
	}
	accepted, count, err := s.keeper.SubmitSignatures(ctx, msg.Session, operator, msg.Signatures)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitSignaturesResponse{Accepted: accepted, Signatures: count}, nil
}

// ReportRogueSignature records what anyone brings against a member; the signature decides.
func (s msgServer) ReportRogueSignature(
	ctx context.Context, msg *types.MsgReportRogueSignature,
) (*types.MsgReportRogueSignatureResponse, error) {
	digest, err := s.keeper.ReportRogueSignature(ctx, msg.Vault, msg.Operator, msg.Document, msg.Signature, msg.Reporter)
	if err != nil {
		return nil, err
	}
	return &types.MsgReportRogueSignatureResponse{Digest: digest}, nil
}

// UpdateParams sets all parameters; only the authority may.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := sdk.ValidateAuthority(sdk.UnwrapSDKContext(ctx), s.keeper.authority, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, s.keeper.Params.Set(ctx, msg.Params)
}
