// Enables MKL's fast path on AMD processors, where MKL otherwise uses slow kernels.
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>States of MKL's fast path.</summary>
internal enum AmdSwitchState
{
    /// <summary>Not an x86-64 AMD processor with AVX2, or this LibTorch has no MKL.</summary>
    NotApplicable,

    /// <summary>MKL chooses its kernels by the processor's instruction sets.</summary>
    On,

    /// <summary>Turned off by <c>LLM360_AMD_SWITCH=off</c>.</summary>
    Off,

    /// <summary>
    /// The memory of the two functions could not be written; MKL uses its slow path.
    /// </summary>
    Failed,
}

/// <summary>Lets MKL choose its kernels by instruction set on AMD processors.</summary>
/// <remarks>
/// MKL calls <c>mkl_serv_intel_cpu_true</c> and <c>mkl_serv_intel_cpu</c> once, at its first use.
/// Before that, both are overwritten to return 1 (<c>mov eax,1; ret</c>). By measurement, this
/// makes matrix products two to three times as fast. The tests check the results against float64.
/// </remarks>
internal static partial class MklAmdSwitch
{
    public const string Variable = "LLM360_AMD_SWITCH";
    private static ReadOnlySpan<byte> ReturnOne => [0xB8, 1, 0, 0, 0, 0xC3];

    public static AmdSwitchState Apply(nint torchCpu)
    {
        if (!OperatingSystem.IsLinux() || !Avx2.IsSupported || !IsAmd())
            return AmdSwitchState.NotApplicable;
        if (!NativeLibrary.TryGetExport(torchCpu, "mkl_serv_intel_cpu_true", out var strict)
            || !NativeLibrary.TryGetExport(torchCpu, "mkl_serv_intel_cpu", out var lax))
            return AmdSwitchState.NotApplicable;
        if (string.Equals(Environment.GetEnvironmentVariable(Variable), "off", StringComparison.OrdinalIgnoreCase))
            return AmdSwitchState.Off;
        return Overwrite(strict) && Overwrite(lax) ? AmdSwitchState.On : AmdSwitchState.Failed;
    }

    private static bool IsAmd()
    {
        if (!X86Base.IsSupported)
            return false;
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        Span<byte> vendor = stackalloc byte[12];
        BitConverter.TryWriteBytes(vendor, ebx);
        BitConverter.TryWriteBytes(vendor[4..], edx);
        BitConverter.TryWriteBytes(vendor[8..], ecx);
        return Encoding.ASCII.GetString(vendor) == "AuthenticAMD";
    }

    private static unsafe bool Overwrite(nint function)
    {
        const int readExecute = 1 | 4, write = 2;
        nint pageSize = Environment.SystemPageSize;
        var start = function & ~(pageSize - 1);
        var length = (nuint)(function + ReturnOne.Length - start);
        if (ProtectMemory(start, length, readExecute | write) != 0)
            return false;
        ReturnOne.CopyTo(new Span<byte>((void*)function, ReturnOne.Length));
        return ProtectMemory(start, length, readExecute) == 0;
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int ProtectMemory(nint address, nuint length, int protection);
}
