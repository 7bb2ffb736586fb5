namespace Sora.Sieve.Validation;

/// <summary>What an argument, or what stands behind a tag, is.</summary>
internal enum ArgumentKind
{
    /// <summary>Nothing stands behind the tag.</summary>
    None,

    /// <summary>One string; a list of one is not taken (RFC 5228 section 2.4.2.1 speaks of the other way round).</summary>
    String,

    /// <summary>A list, or one string.</summary>
    StringList,

    /// <summary>A number.</summary>
    Number,
}

/// <summary>The tests that a call takes.</summary>
internal enum TestArguments
{
    None,
    One,
    List,
}
