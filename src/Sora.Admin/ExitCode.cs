namespace Sora.Admin;

/// <summary>How the program ends.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It could not be done; one line on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>It was done, and found something wrong.</summary>
    public const int Found = 3;

    /// <summary>Ctrl-C or SIGTERM: 128 and the number of the signal, as shells count.</summary>
    public const int Interrupted = 130;
}
