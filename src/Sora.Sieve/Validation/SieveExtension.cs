namespace Sora.Sieve.Validation;

/// <summary>A capability and what it brings: one class in one file of <c>Extensions/</c>.</summary>
internal abstract class SieveExtension
{
    /// <summary>The capability string (RFC 5228 section 6.1); empty for the base language.</summary>
    public abstract string Capability { get; }

    /// <summary>Capabilities that need not be required besides this one.</summary>
    public virtual string[] Implies => [];

    /// <summary>Adds what the capability brings. Called once; scripts see it when they require the capability.</summary>
    public abstract void Register(Vocabulary vocabulary);
}
