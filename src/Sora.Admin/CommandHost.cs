namespace Sora.Admin;

/// <summary>What all commands share.</summary>
internal sealed record CommandHost(GlobalOptions Globals, Terminal Terminal);
