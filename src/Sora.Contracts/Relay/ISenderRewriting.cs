namespace Sora.Contracts;

/// <summary>Reads the addresses that redirected messages left with (the Sender Rewriting Scheme).</summary>
public interface ISenderRewriting
{
    /// <summary>The address that a bounce to a rewritten one goes on to; null when it is none of this site's, was changed, or is too old.</summary>
    string? Decode(string address);
}
