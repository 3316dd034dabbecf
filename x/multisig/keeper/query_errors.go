package keeper

import (
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// notFound gives the module's errors the gRPC code that a client can act on; others pass.
func notFound(err error) error {
	switch {
	case errors.Is(err, types.ErrVaultNotFound), errors.Is(err, types.ErrSessionNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, types.ErrSessionNotSigned):
		return status.Error(codes.FailedPrecondition, err.Error())
	default:
		return err
	}
}
