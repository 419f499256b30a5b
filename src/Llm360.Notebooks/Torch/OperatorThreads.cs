// How many threads an operator uses on one thread of the process, without a word to the others.
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Limits LibTorch's operators on the calling thread.</summary>
/// <remarks>
/// <c>torch.set_num_threads</c> also sets the number that a thread takes over when it first asks.
/// LibTorch reads the number from OpenMP and MKL, and both keep one for each thread.
/// Setting it there reaches the calling thread alone.
/// </remarks>
internal static unsafe class OperatorThreads
{
    private static readonly nint OpenMp = Export("omp_set_num_threads"), Mkl = Export("MKL_Set_Num_Threads_Local");

    /// <summary>Whether this LibTorch's OpenMP was found; without it <see cref="LimitToOne"/> changes nothing.</summary>
    public static bool CanLimit => OpenMp != 0;

    /// <summary>One thread for each operator that the calling thread runs, until the result is disposed on the same thread.</summary>
    public static Limit LimitToOne()
    {
        // The first question makes LibTorch take over the process's number; later it would overwrite this one.
        var before = torch.get_num_threads();
        return new Limit(before, Set(1));
    }

    // Returns MKL's former number; 0 means that the thread had none of its own.
    private static int Set(int threads, int? mkl = null)
    {
        if (OpenMp != 0)
            ((delegate* unmanaged[Cdecl]<int, void>)OpenMp)(threads);
        return Mkl != 0 ? ((delegate* unmanaged[Cdecl]<int, int>)Mkl)(mkl ?? threads) : 0;
    }

    // On Linux and macOS a library's exports include those of the libraries that it was linked with.
    private static nint Export(string name)
    {
        if (NativeLibrary.TryGetExport(LibTorch.CpuLibrary, name, out var function))
            return function;
        return OperatingSystem.IsWindows()
            && NativeLibrary.TryLoad(Path.Combine(LibTorch.Folder, "libiomp5md.dll"), out var library)
            && NativeLibrary.TryGetExport(library, name, out function) ? function : 0;
    }

    /// <summary>Gives the calling thread its former numbers back when disposed.</summary>
    internal readonly ref struct Limit(int threads, int mkl)
    {
        public void Dispose()
        {
            if (threads > 0)
                Set(threads, mkl);
        }
    }
}
