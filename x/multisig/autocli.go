package multisig

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// AutoCLIOptions describes a command for every query and message; the signer of a message is always --from.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service:           types.Query_serviceDesc.ServiceName,
			RpcCommandOptions: queryCommands(),
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:           types.Msg_serviceDesc.ServiceName,
			RpcCommandOptions: txCommands(),
		},
	}
}

func positional(fields ...string) []*autocliv1.PositionalArgDescriptor {
	args := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		args[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return args
}

func queryCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{RpcMethod: "Params", Use: "params", Short: "Query the module's parameters"},
		{
			RpcMethod: "Vault", Use: "vault [id]", Short: "Query a vault generation with its signers",
			PositionalArgs: positional("id"),
		},
		{
			RpcMethod: "Vaults", Use: "vaults", Short: "Query the vault generations of a contract (--contract), or of all, oldest first",
		},
		{
			RpcMethod: "Session", Use: "session [id]", Short: "Query a session with its tally, payload and who has signed",
			PositionalArgs: positional("id"),
		},
		{RpcMethod: "Sessions", Use: "sessions", Short: "Query the sessions, newest first"},
		{
			RpcMethod: "PendingSessions", Use: "pending [operator]", Short: "Query the sessions that an operator still has to sign",
			PositionalArgs: positional("operator"),
		},
		{RpcMethod: "LiveSessions", Use: "live", Short: "Query the newest attempt of every unfinished series: what may have to be broadcast"},
		{
			RpcMethod: "SignedTransaction", Use: "transaction [id]",
			Short:          "Query the complete original-chain transaction of a session that reached its threshold",
			PositionalArgs: positional("id"),
		},
		{
			RpcMethod: "SessionOfDigest", Use: "digest [digest]",
			Short:          "Query the first attempt of the series that asked for a digest (hex or base64)",
			PositionalArgs: positional("digest"),
		},
	}
}

func txCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "SubmitSignatures", Use: "submit-signatures [session] [signature]...",
			Short: "Submit a member's signatures on a session, one per digest, 64 bytes each in hex or base64",
			PositionalArgs: []*autocliv1.PositionalArgDescriptor{
				{ProtoField: "session"}, {ProtoField: "signatures", Varargs: true},
			},
		},
		{
			RpcMethod: "ReportRogueSignature", Use: "report-rogue [vault] [operator] [document] [signature]",
			Short:          "Report a member's signature over a payload of its vault that no session asked for; document and signature in hex or base64",
			PositionalArgs: positional("vault", "operator", "document", "signature"),
		},
		{
			RpcMethod: "UpdateParams", Use: "update-params-proposal [params]",
			Short:          "Submit a proposal to set the module's parameters, all of them, as JSON",
			Example:        fmt.Sprintf(`%s tx multisig update-params-proposal '{"session_blocks": "100", ...}'`, version.AppName),
			PositionalArgs: positional("params"),
			GovProposal:    true,
		},
	}
}
