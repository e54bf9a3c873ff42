package experiments
import ("testing";"fmt";"math";"math/rand/v2";"os";"time";"nnsim/arch";"nnsim/mapping";"nnsim/mapping/search")
var layers20 = []string{
"conv:n=1,c=3,h=224,w=224,k=64,r=7,s=7,stride=2,pad=3",
"conv:n=1,c=64,h=56,w=56,k=64,r=1,s=1",
"conv:n=1,c=64,h=56,w=56,k=64,r=3,s=3,pad=1",
"conv:n=1,c=64,h=56,w=56,k=256,r=1,s=1",
"conv:n=1,c=256,h=56,w=56,k=128,r=1,s=1",
"conv:n=1,c=128,h=56,w=56,k=128,r=3,s=3,stride=2,pad=1",
"conv:n=1,c=256,h=56,w=56,k=512,r=1,s=1,stride=2",
"conv:n=1,c=512,h=28,w=28,k=128,r=1,s=1",
"conv:n=1,c=128,h=28,w=28,k=128,r=3,s=3,pad=1",
"conv:n=1,c=512,h=28,w=28,k=256,r=1,s=1",
"conv:n=1,c=256,h=14,w=14,k=256,r=3,s=3,pad=1",
"conv:n=1,c=256,h=14,w=14,k=1024,r=1,s=1",
"conv:n=1,c=1024,h=14,w=14,k=512,r=1,s=1",
"conv:n=1,c=512,h=7,w=7,k=512,r=3,s=3,pad=1",
"gemm:m=1,k=2048,n=1000",
"gemm:m=128,k=768,n=768","gemm:m=128,k=768,n=3072","gemm:m=128,k=3072,n=768",
"gemm:batch=12,m=128,k=64,n=128","gemm:batch=12,m=128,k=128,n=64",
}
func TestTmp(t *testing.T){
 dev:=os.Getenv("DEV")
 var all [][2]float64
 for wi,w:=range layers20{ if o:=os.Getenv("ONLY");o!=""&&o!=fmt.Sprint(wi){continue}
  e:=Experiment{Device:dev,Workload:w,Check:arch.None}
  p,err:=e.Prepare(); if err!=nil{fmt.Println(w,err);continue}
  var li int; for i,l:=range p.Plan.Layers{ if l.Space!=nil{li=i} }
  sp:=p.Plan.Layers[li].Space(); ax:=sp.Axes()
  t0:=time.Now()
  r:=search.Run(sp,search.Options{Budget:100000,Keep:4})
  el:=time.Since(t0)
  run,err:=p.Machine.Run(arch.Job{Net:p.Net,Plan:p.Plan}); if err!=nil{fmt.Println(w,err);continue}
  def:=run.Cycles
  rng:=rand.New(rand.NewPCG(1,2))
  var est,sim []float64
  seen:=map[string]bool{}
  for n:=0;n<400 && len(est)<60;n++{
   at:=make([]int,len(ax)); for i,a:=range ax{at[i]=rng.IntN(a)}
   k:=fmt.Sprint(at); if seen[k]{continue}; seen[k]=true
   c:=sp.Cost(at); if math.IsInf(c,1){continue}
   lp:=sp.Plan(at); pl:=p.Plan.With(map[int]*mapping.LayerPlan{li:lp})
   run,err:=p.Machine.Run(arch.Job{Net:p.Net,Plan:pl}); if err!=nil{fmt.Println(w,at,err);continue}
   est=append(est,c);sim=append(sim,float64(run.Cycles))
   all=append(all,[2]float64{c,float64(run.Cycles)})
   if os.Getenv("V")!=""{fmt.Println("   ",lp,int(c),run.Cycles, run.DRAM.ReadBytes, run.DRAM.WriteBytes, run.Units["array"].WaitMemory,run.Units["array"].WaitInput,run.Units["array"].WaitOutput,run.Units["array"].Busy)}
  }
  best:=int64(math.MaxInt64)
  var cs []string
  for _,b:=range r.Best{ pl:=p.Plan.With(map[int]*mapping.LayerPlan{li:sp.Plan(b.At)}); run,err:=p.Machine.Run(arch.Job{Net:p.Net,Plan:pl}); if err!=nil{fmt.Println(err);continue}; best=min(best,run.Cycles); cs=append(cs,fmt.Sprintf("%.0f/%d",b.Cost,run.Cycles))}
  fmt.Printf("%-55s size %.0f tried %d %s %.0f/s rho %.3f n=%d  default %d (est %.0f) best %d %v %v\n",w,r.Size,r.Tried,r.Method,float64(r.Tried)/el.Seconds(),spearman(est,sim),len(est),def,sp.Cost(sp.Chosen()),best,cs,sp.Chosen())
 }
 var a,b []float64; for _,x:=range all{a=append(a,x[0]);b=append(b,x[1])}
 fmt.Println("pooled",spearman(a,b),len(a))
}
